"""What numpy-stl finds in an STL file, and Assimp in an OBJ file, which it makes STL of: read_meshes.py FILE, as JSON."""

import json
import re
import subprocess
import sys
import tempfile

import numpy
from stl import mesh


def is_closed(triangles):
    """Whether every edge is run along as often in one direction as in the other."""
    edges = numpy.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]).reshape(-1, 6)
    there, counts = numpy.unique(edges, axis=0, return_counts=True)
    ways = {edge.tobytes(): count for edge, count in zip(there, counts)}
    return all(ways.get(edge[[3, 4, 5, 0, 1, 2]].tobytes()) == count for edge, count in zip(there, counts))


def read_stl(path):
    corners = mesh.Mesh.from_file(path).vectors
    a, b, c = (corners[:, k].astype(float) for k in range(3))
    return {
        "triangles": len(corners),
        "closed": is_closed(corners),
        "volume": float((a * numpy.cross(b, c)).sum() / 6),
        "low": corners.min(axis=(0, 1)).tolist(),
        "high": corners.max(axis=(0, 1)).tolist(),
    }


def assimp(*args):
    return subprocess.run(["assimp", *args], check=True, capture_output=True, text=True).stdout


def read_obj(path):
    with tempfile.NamedTemporaryFile(suffix=".stl") as copy:
        assimp("export", path, copy.name, "-fstlb")
        found = read_stl(copy.name)
    parts = re.findall(r"^ +\d+ \((\S+)\): \[\d+ / \d+ / (\d+) \|", assimp("info", path), re.MULTILINE)
    return {**found, "parts": [[name, int(faces)] for name, faces in parts]}


if len(sys.argv) == 1:
    assimp("version")
else:
    print(json.dumps(read_obj(sys.argv[1]) if sys.argv[1].endswith(".obj") else read_stl(sys.argv[1])))
