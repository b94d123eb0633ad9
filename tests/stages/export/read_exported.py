"""Reads volumes with other programs' readers and says what they found, as JSON: read_exported.py KIND FILE ...

Without arguments it says which kinds can be read here. Voxels are told by the SHA-256 of their bytes, little-endian, x fastest.
"""

import hashlib
import json
import os
import subprocess
import sys


def describe(voxels, **more):
    data = voxels.astype(voxels.dtype.newbyteorder("<")).tobytes()
    return {
        "shape": list(voxels.shape),
        "dtype": voxels.dtype.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        **more,
    }


def read_tiff(path):
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        x, y = (page.tags[name].value for name in ("XResolution", "YResolution"))
        if file.imagej_metadata["unit"] != "nm" or page.tags["ResolutionUnit"].value != 1:
            raise ValueError("no size in nm")
        size = [file.imagej_metadata["spacing"], y[1] / y[0], x[1] / x[0]]
        big = {"big": file.is_bigtiff, "pages": len(file.pages)}
        if os.stat(path).st_size > 2**32:
            return describe(file.pages[-1].asarray(), size=size, **big)
        return describe(file.asarray(), size=size, **big)


def read_nrrd(path):
    """With Teem, whose authors made the format."""
    import numpy

    fields = {}
    head = subprocess.run(["teem-unu", "head", path], check=True, capture_output=True, text=True)
    for line in head.stdout.splitlines()[1:]:
        key, value = line.split(": ", 1)
        fields[key] = value
    data = subprocess.run(["teem-unu", "data", path], check=True, capture_output=True)
    types = {"float": "<f4", "uint8": "u1", "unsigned char": "u1", "uint32": "<u4", "unsigned int": "<u4"}
    shape = [int(n) for n in fields["sizes"].split()][::-1]
    voxels = numpy.frombuffer(data.stdout, types[fields["type"]]).reshape(shape)
    axes = [a for a in fields["space directions"].split() if a != "none"]
    vectors = [[float(n) for n in axis.strip("()").split(",")] for axis in axes]
    origin = [float(n) for n in fields["space origin"].strip("()").split(",")]
    if fields["space units"] != '"nm" "nm" "nm"':
        raise ValueError("no size in nm")
    return describe(voxels, size=[vectors[i][i] for i in (2, 1, 0)], origin=origin[::-1])


def crc32c(data):
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def decoded(data, codecs, name):
    import numcodecs

    for codec in reversed(codecs):
        if codec["name"] == "crc32c":
            data, stored = data[:-4], int.from_bytes(data[-4:], "little")
            if crc32c(data) != stored:
                raise ValueError(f"checksum of {name}")
        elif codec["name"] == "zstd":
            data = numcodecs.Zstd().decode(data)
        elif codec["name"] != "bytes":
            raise ValueError(f"codec {codec['name']}")
    return data


def inner_chunks(data, sharding, shape, name):
    """The stored bytes of the chunks of a shard, by the codec's text."""
    import itertools
    import numpy

    grid = [s // c for s, c in zip(shape, sharding["chunk_shape"])]
    size = 16 * int(numpy.prod(grid)) + 4
    if sharding["index_location"] != "end":
        raise ValueError("index at the start")
    places = numpy.frombuffer(decoded(data[-size:], sharding["index_codecs"], name), "<u8").reshape([*grid, 2])
    for index in itertools.product(*map(range, grid)):
        offset, length = map(int, places[index])
        if offset != 2**64 - 1:
            yield index, data[offset : offset + length]


def read_zarr(path):
    """With NumPy and what zarr.json says, of Zarr v3 as far as it is used."""
    import itertools
    import numpy

    with open(os.path.join(path, "zarr.json")) as file:
        fields = json.load(file)
    shape, box = fields["shape"], fields["chunk_grid"]["configuration"]["chunk_shape"]
    dtype = numpy.dtype(fields["data_type"]).newbyteorder("<")
    voxels = numpy.full(shape, fields["fill_value"], dtype)
    codecs = fields["codecs"]
    sharding = codecs[0]["configuration"] if codecs[0]["name"] == "sharding_indexed" else None
    for index in itertools.product(*(range(-(-n // c)) for n, c in zip(shape, box))):
        name = os.path.join(path, "c", *map(str, index))
        if not os.path.exists(name):
            continue
        with open(name, "rb") as file:
            data = file.read()
        chunk = sharding["chunk_shape"] if sharding else box
        parts = inner_chunks(data, sharding, box, name) if sharding else [([0] * len(box), data)]
        for inner, part in parts:
            start = [i * b + k * c for i, b, k, c in zip(index, box, inner, chunk)]
            at = tuple(slice(s, min(s + c, n)) for s, c, n in zip(start, chunk, shape))
            whole = numpy.frombuffer(decoded(part, sharding["codecs"] if sharding else codecs, name), dtype)
            voxels[at] = whole.reshape(chunk)[tuple(slice(0, s.stop - s.start) for s in at)]
    return describe(voxels, names=fields["dimension_names"], files=sum(len(f) for _, _, f in os.walk(path)))


def read_hdf5(path):
    import h5py

    name, _, dataset = path.partition("::")
    with h5py.File(name, "r") as file:
        found = file[dataset]
        size = [1000 * n for n in found.attrs["element_size_um"]]
        return describe(found[()], size=size)


READERS = {
    "tiff": (read_tiff, ["tifffile"]),
    "nrrd": (read_nrrd, ["numpy"]),
    "zarr": (read_zarr, ["numpy", "numcodecs"]),
    "hdf5": (read_hdf5, ["h5py"]),
}


def can_read(kind):
    try:
        if kind == "nrrd":
            about = subprocess.run(["teem-unu", "about"], capture_output=True, timeout=60)
            if b"Nrrd" not in about.stdout + about.stderr:
                return False
        for module in READERS[kind][1]:
            __import__(module)
    except Exception:  # one that is there and broken fails otherwise
        return False
    return True


if len(sys.argv) == 1:
    print(json.dumps([kind for kind in READERS if can_read(kind)]))
else:
    print(json.dumps([READERS[sys.argv[1]][0](path) for path in sys.argv[2:]]))
