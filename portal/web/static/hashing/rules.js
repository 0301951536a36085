/** What a photo must have to be recognised again; matchers/fingerprint.py has the same numbers. */

export const VERSION = "2"; // of the rules from the file to the bits
export const SMALLEST_SIDE = 64; // pixels; PDQ looks at 64 x 64 points
export const LOWEST_QUALITY = 20;
export const GOOD_QUALITY = 50; // below, other pictures may look alike
