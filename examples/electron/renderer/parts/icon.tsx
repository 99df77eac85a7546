const paths = {
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  checks: 'M1.5 10.5l3.5 3.5 7-7.5M9 13l1 1 8-8.5',
  clock: 'M10 5.5V10l3 2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  warn: 'M10 6.5v4M10 13.4v.1M17.5 10a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z',
  plus: 'M10 4v12M4 10h12',
  search: 'M13.2 13.2L17 17M15 9A6 6 0 1 1 3 9a6 6 0 0 1 12 0z',
  back: 'M12.5 4l-6 6 6 6',
  reply: 'M8 5L3.5 9.5 8 14M4 9.5h7a5.5 5.5 0 0 1 5.5 5.5v.5',
  smile: 'M7 12c.7 1 1.7 1.6 3 1.6s2.3-.6 3-1.6M7.5 8v.1M12.5 8v.1M17.5 10a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z',
  pen: 'M12.5 4.500l3 3L7 16H4v-3zM10.7 6.300l3 3',
  bin: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.600l.7-10M8.5 9v4.500M11.5 9v4.5',
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M10 4v11M5 10.500l5 5 5-5',
  send: 'M3.5 10L16.5 4 12 16.500l-2.8-5.200zM9.2 11.300L16.5 4',
  sun: 'M10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M4.3 15.700l1.1-1.100M14.6 5.400l1.1-1.100M13.5 10a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0z',
  moon: 'M16.5 11.800A6.8 6.8 0 0 1 8.2 3.500a6.8 6.8 0 1 0 8.3 8.300z',
  auto: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10 3v14M10 6h3.500M10 9h5M10 12h4.500M10 15h3',
  out: 'M12 4H5v12h7M9 10h8M14 7l3 3-3 3',
  cloudOff: 'M3 3l14 14M7 7.600A4 4 0 0 0 5.5 15H13M9.5 5.500A4 4 0 0 1 14 9a3 3 0 0 1 2.6 4.4',
  bellOff: 'M3 3l14 14M6 8v3l-1.5 3H13M7.5 5.200A4 4 0 0 1 14 8v3M8.5 16.500h3',
} as const;

export type IconName = keyof typeof paths;

/** A drawing in the colour of the text around it. For the eye only. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg aria-hidden="true" className="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round">
      <path d={paths[name]} />
    </svg>
  );
}
