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


def read_zarr(path):
    """With NumPy and what zarr.json says, of Zarr v3 as far as it is used."""
    import itertools
    import numcodecs
    import numpy

    with open(os.path.join(path, "zarr.json")) as file:
        fields = json.load(file)
    shape, chunk = fields["shape"], fields["chunk_grid"]["configuration"]["chunk_shape"]
    dtype = numpy.dtype(fields["data_type"]).newbyteorder("<")
    voxels = numpy.full(shape, fields["fill_value"], dtype)
    for index in itertools.product(*(range(-(-n // c)) for n, c in zip(shape, chunk))):
        name = os.path.join(path, "c", *map(str, index))
        if not os.path.exists(name):
            continue
        with open(name, "rb") as file:
            data = file.read()
        for codec in reversed(fields["codecs"]):
            if codec["name"] == "crc32c":
                data, stored = data[:-4], int.from_bytes(data[-4:], "little")
                if crc32c(data) != stored:
                    raise ValueError(f"checksum of {name}")
            elif codec["name"] == "zstd":
                data = numcodecs.Zstd().decode(data)
            elif codec["name"] != "bytes":
                raise ValueError(f"codec {codec['name']}")
        at = tuple(slice(i * c, min((i + 1) * c, n)) for i, c, n in zip(index, chunk, shape))
        part = numpy.frombuffer(data, dtype).reshape(chunk)
        voxels[at] = part[tuple(slice(0, s.stop - s.start) for s in at)]
    return describe(voxels, names=fields["dimension_names"])


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
