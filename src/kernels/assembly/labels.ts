/** Marks a voxel that lies outside every seed's window; the rest of its label is the seed of its grid cell. */
export const ORPHAN: i32 = 0x40000000;
