import { correction, generate } from 'lean-qr';

const QUIET = 4; // modules of margin, as the standard requires

/** A QR code of the link. */
export default function QrCode({ link }: { link: string }) {
  const code = generate(link, { minCorrectionLevel: correction.L });
  let path = '';
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  const size = code.size + 2 * QUIET;
  return (
    <svg
      className="qr"
      viewBox={`${-QUIET} ${-QUIET} ${size} ${size}`}
      role="img"
      aria-label="QR code of the link"
    >
      <rect x={-QUIET} y={-QUIET} width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}
