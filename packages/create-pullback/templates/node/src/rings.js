/**
 * Points of two rings around the origin, and which ring each is of.
 * @param {number} count
 */
export function rings(count) {
  const points = Array.from({ length: count }, (_, i) => {
    const [radius, angle] = [i % 2 === 0 ? 0.5 : 1, i * 2.4];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { points, labels: points.map((_, i) => i % 2) };
}
