/** The sign of the product: a sealed ball of clay. */
export function Mark({ size }: { size: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" style={{ flex: "none" }}>
      <rect width="32" height="32" rx="8" fill="#0f6b5c" />
      <circle cx="16" cy="16" r="8.5" fill="none" stroke="#fff" strokeWidth="2.6" />
      <path
        d="M10 16h12M16 10.4c2.6 3.3 2.6 7.9 0 11.2M16 10.4c-2.6 3.3-2.6 7.9 0 11.2"
        fill="none"
        stroke="#fff"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
    </svg>
  );
}
