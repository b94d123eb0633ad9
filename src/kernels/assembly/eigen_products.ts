// The matrices of structure tensors, whose eigenvalues `eigen.ts` finds: products of the gradient.
import { repeatEnds } from "./filters";

/**
 * The outer product of the gradient: planes dx, dy, dz (`[ny, nx]`, `step` bytes apart) become six planes xx, xy, yy, xz,
 * yz, zz, `outStep` bytes apart, whose rows of `width` floats repeat their ends: `left` times the first value, nx values, the last, or
 * where the last lies beyond the border (`isBeyond`) by turns the one before it and the last.
 */
export function outerProducts(
  gradient: usize, step: usize, ny: i32, nx: usize, out: usize, outStep: usize, rowStep: usize, left: usize, width: usize,
  isBeyond: bool,
): void {
  for (let y: usize = 0; y < <usize>ny; y++) {
    const source = gradient + ((y * nx) << 2);
    const row = out + y * rowStep;
    const target = row + (left << 2);
    let x: usize = 0;
    const end = nx << 2;
    for (; x + 16 <= end; x += 16) {
      const dx = v128.load(source + x);
      const dy = v128.load(source + step + x);
      const dz = v128.load(source + step + step + x);
      let to = target + x;
      v128.store(to, f32x4.mul(dx, dx));
      v128.store(to += outStep, f32x4.mul(dx, dy));
      v128.store(to += outStep, f32x4.mul(dy, dy));
      v128.store(to += outStep, f32x4.mul(dx, dz));
      v128.store(to += outStep, f32x4.mul(dy, dz));
      v128.store(to += outStep, f32x4.mul(dz, dz));
    }
    for (; x < end; x += 4) {
      const dx = load<f32>(source + x);
      const dy = load<f32>(source + step + x);
      const dz = load<f32>(source + step + step + x);
      let to = target + x;
      store<f32>(to, dx * dx);
      store<f32>(to += outStep, dx * dy);
      store<f32>(to += outStep, dy * dy);
      store<f32>(to += outStep, dx * dz);
      store<f32>(to += outStep, dy * dz);
      store<f32>(to += outStep, dz * dz);
    }
    for (let i: usize = 0; i < 6; i++) {
      const products = row + i * outStep, after = left + nx;
      repeatEnds(products, left, nx, width);
      if (!isBeyond) continue;
      const before = load<f32>(products + ((after - 2) << 2));
      for (let x = after; x < width; x += 2) store<f32>(products + (x << 2), before);
    }
  }
}
