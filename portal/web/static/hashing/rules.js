/** What a photo must have to be recognised again; matchers/fingerprint.py has the same numbers. */

export const VERSION = "2"; // of the rules from the file to the bits
export const REGIONS_VERSION = 2;
export const SMALLEST_SIDE = 64; // pixels; PDQ looks at 64 x 64 points
export const SMALLEST_WITH_REGIONS = 100; // pixels
export const LARGEST_WORKING = 640; // pixels of the longer side in which regions are looked for
export const FEWEST_PATCHES = 20; // below, a picture is plain: a chart, a form, a logo
export const LOWEST_QUALITY = 20;
export const GOOD_QUALITY = 50; // below, other pictures may look alike
