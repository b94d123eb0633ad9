"""Writes TIFF stacks with LERC by libtiff, from raw little-endian voxels:

    lerc_write.py raw.bin out.tif dtype depth height width rows added [most_error]

added: 0 none, 1 Deflate, 2 Zstandard.
"""
import ctypes
import sys

import numpy

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, ROWS, PLANAR, FORMAT = 256, 257, 258, 259, 262, 277, 278, 284, 339
LERC, ADDED, MOST_ERROR = 34887, 65566, 65567

tiff = ctypes.CDLL("libtiff.so.6")
tiff.TIFFOpen.restype = ctypes.c_void_p

if len(sys.argv) > 1:
    raw, out, dtype = sys.argv[1:4]
    depth, height, width, rows, added = map(int, sys.argv[4:9])
    voxels = numpy.fromfile(raw, dtype).reshape(depth, height, width)
    file = ctypes.c_void_p(tiff.TIFFOpen(out.encode(), b"wl"))

    def field(tag, value):
        assert tiff.TIFFSetField(file, ctypes.c_uint32(tag), value) == 1, tag

    for page in voxels:
        kind = {"u": 1, "i": 2, "f": 3}[voxels.dtype.kind]
        for tag, value in ((WIDTH, width), (LENGTH, height), (BITS, 8 * voxels.dtype.itemsize), (SAMPLES, 1),
                           (FORMAT, kind), (PHOTOMETRIC, 1), (PLANAR, 1), (COMPRESSION, LERC), (ADDED, added),
                           (ROWS, rows)):
            field(tag, ctypes.c_uint32(value))
        if len(sys.argv) > 9:
            field(MOST_ERROR, ctypes.c_double(float(sys.argv[9])))
        for strip in range(0, height, rows):
            part = page[strip:strip + rows].copy()
            size = ctypes.c_ssize_t(part.nbytes)
            data = part.ctypes.data_as(ctypes.c_void_p)
            assert tiff.TIFFWriteEncodedStrip(file, ctypes.c_uint32(strip // rows), data, size) == part.nbytes
        assert tiff.TIFFWriteDirectory(file) == 1
    tiff.TIFFClose(file)
