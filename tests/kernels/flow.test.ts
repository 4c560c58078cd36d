/** Optical flow. */

import { testFamilies } from './family-tests.js';

testFamilies('flow');
