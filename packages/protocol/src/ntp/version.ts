/** Versions 1 to 4 share one header; 0 never was one, and NTPv5's header means something else. */
export function versionIsKnown(version: number): boolean {
  return version >= 1 && version <= 4
}
