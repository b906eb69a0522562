/** Straight lines through measured points. Pure. */

export interface Point {
  x: number;
  y: number;
}

export interface Slope {
  /** In units of y per unit of x. */
  slope: number;
  /**
   * Half the width of the interval that holds the true slope with 95 % confidence. Neighbouring
   * points that resemble each other count as fewer points.
   */
  margin: number;
}

/** The normal distribution's 97.5th percentile; Student's is added below for few points. */
const Z95 = 1.96;

/** The slope by least squares; undefined without two points at different places. */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (n < 2 || sxx === 0) return undefined;
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / sxx;
  const residuals = points.map(({ x, y }) => y - meanY - slope * (x - meanX));
  if (n < 3) return { slope, margin: Infinity };
  const squares = residuals.reduce((sum, each) => sum + each * each, 0);
  // Memory at one moment is nearly that of the moment before: so many points are worth fewer.
  const worth = Math.max(3, n * shareOfIndependence(residuals, squares));
  const variance = squares / n / (1 - 2 / worth);
  const margin = studentsT95(worth - 2) * Math.sqrt(variance / ((sxx / n) * worth));
  return { slope, margin };
}

/** From the correlation of neighbours r: (1 - r) / (1 + r), as for a first-order process. */
function shareOfIndependence(residuals: readonly number[], squares: number): number {
  if (squares === 0) return 1;
  const products = residuals.slice(1).map((each, at) => each * (residuals[at] ?? 0));
  const r = products.reduce((sum, each) => sum + each, 0) / squares;
  const bounded = Math.min(0.99, Math.max(0, r));
  return (1 - bounded) / (1 + bounded);
}

/** Student's t, 95 % two-sided, by Cornish and Fisher's expansion; good to some per cent. */
function studentsT95(degrees: number): number {
  const z = Z95;
  const d = Math.max(1, degrees);
  const t =
    z +
    (z ** 3 + z) / (4 * d) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * d ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * d ** 3);
  return d === 1 ? 12.706 : t;
}
