"""Writes one volume in every form that can be read, by programs that have nothing to do with this one.

usage: python3 inputs_write.py <folder>

Prints JSON: the forms that were written, each with its location, the file of its voxels as they should be read (raw, C order,
little-endian), their type, the size of a voxel in nm (z, y, x), and the programs that were missing.
"""

import gzip
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np

FOLDER = sys.argv[1]
SHAPE = (11, 37, 53)
SIZE = (40.0, 5.0, 4.0)  # nm, z, y, x
forms = []
missing = []
rng = np.random.default_rng(20)

# Smooth with noise, so that predictors and compressors have something to do; every slice differs.
z, y, x = np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij")
smooth = 0.5 + 0.4 * np.sin(x / 7 + z) * np.cos(y / 5 - z / 3)
U8 = np.clip(smooth * 255 + rng.integers(-9, 9, SHAPE), 0, 255).astype(np.uint8)
U16 = (smooth * 40000 + rng.integers(0, 999, SHAPE)).astype(np.uint16)
I8 = (U8.astype(np.int16) - 128).astype(np.int8)
I16 = (U16.astype(np.int32) - 20000).astype(np.int16)
I32 = U16.astype(np.int32) * 7 - 100000
F32 = (smooth * 3 - 1 + rng.normal(0, 0.01, SHAPE)).astype(np.float32)
F64 = F32.astype(np.float64)
BOOL = U8 > 128


def path(name):
    return os.path.join(FOLDER, name)


def expect(array):
    """The file that has an array's voxels."""
    name = f"expected-{array.dtype.str[1:]}-{zlib.crc32(array.tobytes()):08x}.raw"
    if not os.path.exists(path(name)):
        array.astype(array.dtype.newbyteorder("<")).tofile(path(name))
    return path(name)


def add(form, location, array, size=None):
    array = array.astype(np.uint8) if array.dtype == bool else array
    forms.append({
        "form": form,
        "location": location if "://" in location else path(location),
        "expected": expect(array),
        "dtype": array.dtype.newbyteorder("=").name,
        "shape": list(array.shape),
        "voxelSize": size,
    })


def needs(package, *lines):
    """Whether a Debian package's commands work here, and are that package's: each line with a word that it must write."""
    for command, word in lines:
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60)
            works = word.encode() in done.stdout
        except (OSError, subprocess.TimeoutExpired):
            works = False
        if not works:
            missing.append(package)
            return False
    return True


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def with_tifffile():
    try:
        import tifffile
    except Exception:  # one that is there and broken fails otherwise
        return missing.append("python3-tifffile")
    write = tifffile.imwrite
    write(path("pages.tif"), U8, photometric="minisblack")
    add("multi-page TIFF", "pages.tif", U8)
    write(path("pages16.tif"), U16, photometric="minisblack", rowsperstrip=10)
    add("multi-page TIFF of 16 bits in strips", "pages16.tif", U16)
    write(path("big.tif"), U8, bigtiff=True, photometric="minisblack", byteorder=">")
    add("big-endian BigTIFF", "big.tif", U8)
    write(path("big16.tif"), U16, bigtiff=True, photometric="minisblack", byteorder=">")
    add("big-endian BigTIFF of 16 bits", "big16.tif", U16)
    write(path("float.tif"), F32, photometric="minisblack")
    add("TIFF of floats", "float.tif", F32)
    write(path("double.tif"), F64, photometric="minisblack")
    add("TIFF of doubles", "double.tif", F64)
    write(path("signed.tif"), I8, photometric="minisblack")
    add("TIFF of signed bytes", "signed.tif", I8)
    write(path("tiles.tif"), U16, tile=(16, 32), photometric="minisblack")
    add("tiled TIFF of 16 bits", "tiles.tif", U16)
    write(path("deflate.tif"), U8, compression="zlib", photometric="minisblack")
    add("TIFF, Deflate", "deflate.tif", U8)
    write(path("deflate-tiles.tif"), U8, compression="zlib", tile=(32, 16), photometric="minisblack")
    add("tiled TIFF, Deflate", "deflate-tiles.tif", U8)
    write(path("one-directory.tif"), U8, photometric="minisblack", contiguous=True)
    add("TIFF with its voxels in one run", "one-directory.tif", U8)

    def imagej(name, array, unit, scale):
        write(
            path(name), array, imagej=True, resolution=(scale / SIZE[2], scale / SIZE[1]),
            metadata={"axes": "ZYX", "spacing": SIZE[0] / scale, "unit": unit},
        )

    imagej("imagej.tif", U8, "nm", 1)
    add("ImageJ stack in nm", "imagej.tif", U8, SIZE)
    imagej("imagej16.tif", U16, "um", 1000)
    add("ImageJ stack of 16 bits in um", "imagej16.tif", U16, SIZE)
    imagej("imagej32.tif", F32, "\\u00B5m", 1000)
    add("ImageJ stack of floats in \\u00B5m", "imagej32.tif", F32, SIZE)

    ome = {
        "PhysicalSizeX": SIZE[2] / 1000, "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": SIZE[1], "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": SIZE[0] * 10, "PhysicalSizeZUnit": "Å",
    }
    write(path("a.ome.tif"), U8, metadata={"axes": "ZYX", **ome}, photometric="minisblack")
    add("OME-TIFF", "a.ome.tif", U8, SIZE)
    write(
        path("b.ome.tif"), U16[None, :, None], metadata={"axes": "TZCYX", **ome}, bigtiff=True, tile=(16, 16),
        compression="zlib", photometric="minisblack",
    )
    add("OME-TIFF: BigTIFF, tiles, Deflate, 16 bits, time and channel of 1", "b.ome.tif", U16, SIZE)
    with tifffile.TiffWriter(path("c.ome.tif")) as file:
        file.write(U8, subifds=1, metadata={"axes": "ZYX", **ome}, photometric="minisblack")
        file.write(U8[:, ::2, ::2], subfiletype=1, photometric="minisblack")
    add("OME-TIFF with a pyramid", "c.ome.tif", U8, SIZE)
    write(path("reversed.tif"), U8[::-1], photometric="minisblack", description=ome_reversed(), metadata=None)
    add("OME-TIFF whose pages are in reversed order", "reversed.tif", U8, SIZE)

    os.mkdir(path("tiff-slices"))
    for index, page in enumerate(U16):
        kind = "zlib" if index % 3 == 2 else None
        write(path(f"tiff-slices/slice{index}.tif"), page, compression=kind, photometric="minisblack")
    add("folder of TIFF slices of 16 bits", "tiff-slices", U16)
    add("pattern of TIFF slices", "tiff-slices/slice*.tif", U16)
    large_imagej()


def ome_reversed():
    blocks = "".join(
        f'<TiffData IFD="{SHAPE[0] - 1 - z}" FirstZ="{z}" FirstC="0" FirstT="0" PlaneCount="1"/>' for z in range(SHAPE[0])
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="{SHAPE[2]}" SizeY="{SHAPE[1]}" SizeZ="{SHAPE[0]}" '
        'SizeC="1" SizeT="1" PhysicalSizeX="0.004" PhysicalSizeY="0.005" PhysicalSizeZ="0.04">'
        f"{blocks}</Pixels></Image></OME>"
    )


def large_imagej():
    """A stack as ImageJ writes it over 4 GiB: one directory, pages behind each other. Sparse: it takes a few KiB of the disk."""
    width, height, pages = 32768, 16384, 9
    text = f"ImageJ=1.53t\nimages={pages}\nslices={pages}\nunit=nm\nspacing=40.0\nloop=false\n\0".encode()
    fields = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (270, 2, len(text), 400), (273, 4, 1, 4096), (277, 3, 1, 1), (278, 4, 1, height),
        (279, 4, 1, width * height), (282, 5, 1, 300), (283, 5, 1, 308), (296, 3, 1, 1),
    ]
    with open(path("large.tif"), "wb") as file:
        file.write(struct.pack(">2sHIH", b"MM", 42, 8, len(fields)))
        for tag, kind, count, value in fields:
            short = struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
            file.write(struct.pack(">HHI", tag, kind, count) + short)
        file.write(struct.pack(">I", 0))
        file.seek(300)
        file.write(struct.pack(">IIII", 1, 4, 1, 5))
        file.seek(400)
        file.write(text)
        for page in (0, 8):
            file.seek(4096 + page * width * height)
            file.write(bytes([page + 1] * 100))
        file.truncate(4096 + pages * width * height)


def with_libtiff():
    # It copies what tifffile wrote.
    if not needs("libtiff-tools", (["tiffcp", "-h"], "LIBTIFF")) or not os.path.exists(path("pages.tif")):
        return
    for name, source, array, options in [
        ("lzw", "pages.tif", U8, ["-c", "lzw"]),
        ("lzw2", "pages.tif", U8, ["-c", "lzw:2", "-r", "5"]),
        ("lzw16", "pages16.tif", U16, ["-c", "lzw:2", "-B"]),
        ("lzw-tiles", "pages16.tif", U16, ["-c", "lzw:2", "-t", "-w", "16", "-l", "32"]),
        ("packbits", "pages.tif", U8, ["-c", "packbits"]),
        ("packbits16", "pages16.tif", U16, ["-c", "packbits"]),
        ("zip", "pages16.tif", U16, ["-c", "zip:2"]),
        ("zstd", "pages.tif", U8, ["-c", "zstd"]),
        ("zstd16", "pages16.tif", U16, ["-c", "zstd:2", "-8"]),
        ("float-zip3", "float.tif", F32, ["-c", "zip:3"]),
        ("float-lzw3", "float.tif", F32, ["-c", "lzw:3", "-r", "9"]),
        ("double-zip3", "double.tif", F64, ["-c", "zip:3"]),
        ("signed-lzw", "signed.tif", I8, ["-c", "lzw:2"]),
    ]:
        if not os.path.exists(path(source)):
            continue
        run("tiffcp", *options, path(source), path(f"{name}.tif"))
        add(f"TIFF of libtiff: {' '.join(options)}", f"{name}.tif", array)


def with_imagemagick():
    if not needs("imagemagick", (["convert", "-version"], "ImageMagick")):
        return
    os.mkdir(path("png-slices"))
    os.mkdir(path("png16-slices"))
    os.mkdir(path("magick-slices"))
    size = f"{SHAPE[2]}x{SHAPE[1]}"
    grey = ["-define", "png:color-type=0"]
    U8.tofile(path("magick8.raw"))
    U16.tofile(path("magick16.raw"))
    run("convert", "-size", size, "-depth", "8", f"gray:{path('magick8.raw')}", *grey, path("png-slices/s%d.png"))
    add("folder of PNG slices", "png-slices", U8)
    add("pattern of PNG slices", "png-slices/s?*.png", U8)
    little = ["-size", size, "-depth", "16", "-endian", "LSB", f"gray:{path('magick16.raw')}"]
    run("convert", *little, *grey, "-define", "png:bit-depth=16", path("png16-slices/plane-%d.png"))
    add("folder of PNG slices of 16 bits", "png16-slices", U16)
    add("one PNG", "png-slices/s3.png", U8[3:4])
    os.mkdir(path("png1-slices"))
    masks = np.where(BOOL, 255, 0).astype(np.uint8)
    masks.tofile(path("masks.raw"))
    run("convert", "-size", size, "-depth", "8", f"gray:{path('masks.raw')}", "-define", "png:bit-depth=1",
        *grey, path("png1-slices/s%d.png"))
    run("convert", path("png1-slices/s4.png"), "-define", "png:bit-depth=8", *grey, path("png1-slices/s4.png"))
    add("folder of PNG masks, of 1 and 8 bits", "png1-slices", masks)
    sixteen = (U8 // 16 * 17).astype(np.uint8)
    sixteen.tofile(path("sixteen.raw"))
    run("convert", "-size", size, "-depth", "8", f"gray:{path('sixteen.raw')}[0]", "-define", "png:bit-depth=4",
        *grey, path("sixteen.png"))
    add("PNG of 4 bits", "sixteen.png", sixteen[:1])
    run("convert", path("png-slices/s0.png"), "-define", "png:color-type=3", "-define", "png:bit-depth=8", path("palette.png"))
    add("PNG with a grey palette", "palette.png", U8[:1])
    run("convert", *little, "-compress", "LZW", path("magick.tif"))
    add("TIFF of ImageMagick, LZW, 16 bits", "magick.tif", U16)
    run("convert", *little, "-compress", "Zip", path("magick-slices/%d.tiff"))
    add("folder of TIFF slices of ImageMagick", "magick-slices", U16)
    run(
        "convert", "-size", size, "-depth", "8", f"gray:{path('magick8.raw')}", "-define", "tiff:tile-geometry=32x16",
        "-compress", "Zip", path("magick-tiles.tif"),
    )
    add("tiled TIFF of ImageMagick, Deflate", "magick-tiles.tif", U8)


def with_h5py():
    try:
        import h5py
    except Exception:  # one that is there and broken fails otherwise
        return missing.append("python3-h5py")
    with h5py.File(path("many.h5"), "w") as file:
        raw = file.create_dataset("volumes/raw", data=U8, chunks=(4, 16, 16), compression="gzip", shuffle=True)
        raw.attrs["element_size_um"] = [size / 1000 for size in SIZE]
        add("HDF5, gzip, shuffle", "many.h5:/volumes/raw", U8, SIZE)
        file.create_dataset("contiguous", data=U16)
        add("HDF5 in one run", "many.h5:/contiguous", U16)
        file.create_dataset("big-endian", data=I32.astype(">i4"), chunks=(3, 37, 53), fletcher32=True)
        add("HDF5, big-endian, checksums", "many.h5:big-endian", I32)
        file.create_dataset("labels", data=BOOL, chunks=True)
        add("HDF5 of booleans", "many.h5:/labels", BOOL)
        file.create_dataset("float", data=F64, chunks=(11, 5, 53), compression="gzip", scaleoffset=None)
        add("HDF5 of doubles", "many.h5:/float", F64)
        labelled = file.create_dataset("xyz", data=np.transpose(U8), chunks=(53, 20, 4))
        for axis, label in enumerate("xyz"):
            labelled.dims[axis].label = label
        add("HDF5 with labels of axes, x first", "many.h5:/xyz", U8)
        resized = file.create_dataset("growing", shape=(4, 37, 53), maxshape=(None, 37, 53), dtype="u2", chunks=(2, 37, 53))
        resized.resize(SHAPE[0], axis=0)
        resized[...] = U16
        add("HDF5 that was resized", "many.h5:/growing", U16)
    with h5py.File(path("ilastik.h5"), "w", libver="latest") as file:
        data = file.create_dataset("exported_data", data=U8[None, ..., None], chunks=(1, 8, 20, 20, 1), compression="gzip")
        axes = [{"key": key, "typeFlags": 2, "resolution": 0, "description": ""} for key in "tzyxc"]
        for axis, size in zip(axes[1:4], SIZE):
            axis.update(resolution=size, description="nm")
        data.attrs["axistags"] = json.dumps({"axes": axes})
        file.create_dataset("note", data=np.arange(5))
    add("HDF5 of ilastik, the only volume in it", "ilastik.h5", U8, SIZE)
    with h5py.File(path("matlab.h5"), "w", userblock_size=512) as file:
        file.create_dataset("v", data=I16, chunks=(2, 8, 8))
    add("HDF5 after a block of another program", "matlab.h5", I16)


def with_zarr():
    try:
        import numcodecs
        import zarr
    except Exception:  # one that is there and broken fails otherwise
        return missing.append("python3-zarr")
    codecs = {
        "none": None,
        "zlib": numcodecs.Zlib(3),
        "gzip": numcodecs.GZip(3),
        "zstd": numcodecs.Zstd(3),
        "lz4": numcodecs.LZ4(),
        "blosc-lz4": numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE),
        "blosc-zstd": numcodecs.Blosc("zstd", 5, numcodecs.Blosc.BITSHUFFLE),
    }
    for name, codec in codecs.items():
        array, dtype = (U8, "u1") if name in ("none", "zlib") else (U16, "<u2")
        store = zarr.DirectoryStore(path(f"{name}.zarr"))
        made = zarr.create(SHAPE, chunks=(4, 16, 20), dtype=dtype, compressor=codec, store=store)
        made[...] = array
        add(f"Zarr 2, {name}", f"{name}.zarr", array)
    for name, array, options in [
        ("big-endian", F64.astype(">f8"), {"order": "F"}),
        ("bool", BOOL, {}),
        ("signed", I32, {"dimension_separator": "/"}),
    ]:
        store = zarr.DirectoryStore(path(f"{name}.zarr"), dimension_separator=options.get("dimension_separator", "."))
        made = zarr.create(
            SHAPE, chunks=(4, 16, 20), dtype=array.dtype, store=store, fill_value=0, order=options.get("order", "C"),
        )
        made[...] = array
        add(f"Zarr 2, {name}", f"{name}.zarr", array)
    made = zarr.create(SHAPE[::-1], chunks=(20, 16, 4), dtype="u1", store=zarr.DirectoryStore(path("xarray.zarr")))
    made[...] = np.transpose(U8)
    made.attrs["_ARRAY_DIMENSIONS"] = ["x", "y", "z"]
    add("Zarr 2 with the names of xarray, x first", "xarray.zarr", U8)
    group = zarr.group(zarr.DirectoryStore(path("ome4.zarr"), dimension_separator="/"))
    fine = group.create_dataset("s0", data=U16[None, None], chunks=(1, 1, 4, 16, 16), dimension_separator="/")
    group.create_dataset("s1", data=fine[:, :, ::2, ::2, ::2], chunks=(1, 1, 4, 16, 16), dimension_separator="/")
    group.attrs["multiscales"] = [multiscales("0.4", "tczyx", "micrometer", 1000)]
    add("OME-Zarr 0.4", "ome4.zarr", U16, SIZE)
    add("OME-Zarr 0.4, its second level", "ome4.zarr/s1", U16[::2, ::2, ::2], [2 * size for size in SIZE])
    version3(numcodecs)


def multiscales(version, axes, unit, scale):
    names = {"t": "time", "c": "channel"}
    return {
        "version": version,
        "axes": [
            {"name": axis, "type": names[axis]} if axis in names else {"name": axis, "type": "space", "unit": unit}
            for axis in axes
        ],
        "datasets": [
            {
                "path": f"s{level}",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0] * (len(axes) - 3) + [size / scale * 2**level for size in SIZE]}
                ],
            }
            for level in range(2)
        ],
    }


def version3(numcodecs):
    """Zarr 3 by its specification: python3-zarr of Debian 12 writes version 2 only."""
    blosc = numcodecs.Blosc("zstd", 5, numcodecs.Blosc.SHUFFLE)
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    plain = lambda block: block.tobytes()
    write3("plain3.zarr", U8, (4, 16, 20), [{"name": "bytes"}], plain)
    add("Zarr 3, uncompressed", "plain3.zarr", U8)
    gz = {"name": "gzip", "configuration": {"level": 5}}
    write3("gzip3.zarr", U16, (4, 16, 20), [little, gz], lambda block: gzip.compress(block.tobytes()))
    add("Zarr 3, gzip", "gzip3.zarr", U16)
    zstd = {"name": "zstd", "configuration": {"level": 3, "checksum": False}}
    write3("zstd3.zarr", F32, (4, 16, 20), [little, zstd], lambda block: bytes(numcodecs.Zstd(3).encode(block.tobytes())))
    add("Zarr 3, zstd", "zstd3.zarr", F32)
    configuration = {"cname": "zstd", "clevel": 5, "shuffle": "shuffle", "typesize": 2, "blocksize": 0}
    write3(
        "blosc3.zarr", U16, (4, 16, 20), [little, {"name": "blosc", "configuration": configuration}],
        lambda block: bytes(blosc.encode(np.ascontiguousarray(block))),
    )
    add("Zarr 3, blosc", "blosc3.zarr", U16)
    big = {"name": "bytes", "configuration": {"endian": "big"}}
    swap = lambda block: block.astype(block.dtype.newbyteorder(">")).tobytes()
    write3("big3.zarr", I32, (4, 16, 20), [{"name": "transpose", "configuration": {"order": [2, 1, 0]}}, big],
           lambda block: swap(np.ascontiguousarray(np.transpose(block))))
    add("Zarr 3, transposed, big-endian", "big3.zarr", I32)
    inner = (4, 8, 10)
    sharding = {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": list(inner),
            "codecs": [little, gz],
            "index_codecs": [little],
            "index_location": "end",
        },
    }
    write3("shard3.zarr", U16, (8, 24, 30), [sharding], lambda block: shard(block, inner))
    add("Zarr 3, shards", "shard3.zarr", U16)
    os.mkdir(path("ome5.zarr"))
    group = {
        "zarr_format": 3, "node_type": "group",
        "attributes": {"ome": {"version": "0.5", "multiscales": [multiscales("0.5", "zyx", "nanometer", 1)]}},
    }
    with open(path("ome5.zarr/zarr.json"), "w") as file:
        json.dump(group, file)
    write3("ome5.zarr/s0", U8, (4, 16, 20), [{"name": "bytes"}], plain, ["z", "y", "x"])
    write3("ome5.zarr/s1", U8[::2, ::2, ::2], (4, 16, 20), [{"name": "bytes"}], plain, ["z", "y", "x"])
    add("OME-Zarr 0.5", "ome5.zarr", U8, SIZE)
    add("OME-Zarr 0.5, its second level", "ome5.zarr/s1", U8[::2, ::2, ::2], [2 * size for size in SIZE])


def write3(name, array, chunk, codecs, encode, names=None):
    os.makedirs(path(name), exist_ok=True)
    metadata = {
        "zarr_format": 3, "node_type": "array", "shape": list(array.shape), "data_type": array.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "codecs": codecs, "attributes": {}, "dimension_names": names,
    }
    with open(path(f"{name}/zarr.json"), "w") as file:
        json.dump(metadata, file)
    for index in np.ndindex(*[-(-length // part) for length, part in zip(array.shape, chunk)]):
        block = np.zeros(chunk, array.dtype)
        part = array[tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, chunk))]
        block[tuple(slice(0, length) for length in part.shape)] = part
        place = path(f"{name}/c/{index[0]}/{index[1]}/{index[2]}")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(encode(block))


def shard(block, inner):
    parts, index, at = [], [], 0
    for place in np.ndindex(*[length // part for length, part in zip(block.shape, inner)]):
        chunk = block[tuple(slice(i * c, (i + 1) * c) for i, c in zip(place, inner))]
        if not chunk.any():
            index += [2**64 - 1, 2**64 - 1]
            continue
        parts.append(gzip.compress(chunk.tobytes()))
        index += [at, len(parts[-1])]
        at += len(parts[-1])
    return b"".join(parts) + struct.pack(f"<{len(index)}Q", *index)


def with_mrcfile():
    try:
        import mrcfile
    except Exception:  # one that is there and broken fails otherwise
        return missing.append("python3-mrcfile")
    for name, array in [("int8", I8), ("int16", I16), ("float32", F32), ("uint16", U16)]:
        with mrcfile.new(path(f"{name}.mrc")) as file:
            file.set_data(array)
            file.voxel_size = tuple(size * 10 for size in SIZE[::-1])  # angstrom, x, y, z
            if name == "int16":
                file.set_extended_header(np.zeros(300, dtype="V4"))
        add(f"MRC of {name}", f"{name}.mrc", array, SIZE)
    with open(path("int8.mrc"), "rb") as file:
        head = bytearray(file.read(1024))
    struct.pack_into("<Ii", head, 152, 1146047817, 0)  # IMOD's stamp and flags: bytes are unsigned
    with open(path("imod.rec"), "wb") as file:
        file.write(bytes(head) + U8.tobytes())
    add("MRC of IMOD, unsigned bytes", "imod.rec", U8, SIZE)
    words = np.frombuffer(bytes(head), "<u4").astype(">u4")
    words[38:40] = 0
    words[3] = 2
    head = bytearray(words.tobytes())
    head[208:216] = b"MAP \x11\x11\x00\x00"
    with open(path("big-endian.mrc"), "wb") as file:
        file.write(bytes(head) + F32.astype(">f4").tobytes())
    add("MRC, big-endian", "big-endian.mrc", F32, SIZE)


def with_teem():
    if not needs("teem-apps", (["teem-unu", "about"], "Nrrd")):
        return
    for name, array, kind in [("uint8", U8, "uchar"), ("uint16", U16, "ushort"), ("float32", F32, "float")]:
        array.tofile(path(f"teem-{name}.raw"))
        shape = [str(length) for length in SHAPE[::-1]]
        run("teem-unu", "make", "-i", path(f"teem-{name}.raw"), "-t", kind, "-s", *shape, "-spc", "3",
            "-orig", "(0,0,0)", "-dirs", "(4,0,0) (0,5,0) (0,0,40)", "-spu", "nm", "nm", "nm", "-e", "raw", "-en", "little", "-o", path(f"made-{name}.nrrd"))
        run("teem-unu", "save", "-f", "nrrd", "-e", "gzip", "-en", "big", "-i", path(f"made-{name}.nrrd"),
            "-o", path(f"teem-{name}.nrrd"))
        add(f"NRRD of teem: {name}", f"made-{name}.nrrd", array, SIZE)
        add(f"NRRD of teem: {name}, gzip, big-endian", f"teem-{name}.nrrd", array, SIZE)
    directions = "(0.004,0,0) (0,0.003,0.004) (0,0,-0.04)"
    with open(path("directions.nrrd"), "wb") as file:
        file.write(
            b"NRRD0004\ntype: uchar\ndimension: 3\nspace dimension: 3\nsizes: 53 37 11\nencoding: raw\n"
            + f'space directions: {directions}\nspace units: "um" "um" "um"\n\n'.encode() + U8.tobytes()
        )
    add("NRRD with directions", "directions.nrrd", U8, SIZE)
    with open(path("spacings.nrrd"), "wb") as file:
        file.write(
            b"NRRD0004\ntype: uchar\ndimension: 4\nsizes: 1 53 37 11\nencoding: raw\nspacings: nan 0.004 0.005 0.04\n"
            + 'units: "" "µm" "um" "micron"\n\n'.encode("latin1") + U8.tobytes()
        )
    add("NRRD with spacings and units", "spacings.nrrd", U8, SIZE)


with_tifffile()
with_libtiff()
with_imagemagick()
with_h5py()
with_zarr()
with_mrcfile()
with_teem()


def percentiles(array):
    ordered = np.sort(array.astype(np.float32).ravel())
    return [float(ordered[int(share * (ordered.size - 1))]) for share in (0.001, 0.999)]


ranges = {str(array.dtype): percentiles(array) for array in (U8, I16, U16, I32, F32, F64)}
print(json.dumps({"forms": forms, "missing": missing, "ranges": ranges}))
