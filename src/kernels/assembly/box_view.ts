// A view of the means, i32 at these places, written by `src/block/context/box_means.ts`.
export const ROW: usize = 0; // means from one row to the next
export const SLICE: usize = 4;
export const LOW_X: usize = 8; // first and last centre
export const LOW_Y: usize = 12;
export const LOW_Z: usize = 16;
export const HIGH_X: usize = 20;
export const HIGH_Y: usize = 24;
export const HIGH_Z: usize = 28;
// 1 where centres lie between every second voxel and the next: centre i stands for voxels 2 i and 2 i + 1 of the volume, in y and x always,
// in z where HALVED_Z is 1 too
export const HALVED: usize = 32;
export const HALVED_Z: usize = 36;
export const ODD_X: usize = 40; // 1 where the region begins at an odd voxel
export const ODD_Y: usize = 44;
export const ODD_Z: usize = 48;
export const INSIDE: usize = 52; // 1 where no supervoxel looks beyond these centres
// what `halveTable` left: all corners of boxes between two voxels that are not cut
export const CORNERS: usize = 56;
export const CORNERS_ROW: usize = 60;
export const CORNERS_SLICE: usize = 64;
export const CORNERS_Z: usize = 68; // 1 where it has every second slice, too
