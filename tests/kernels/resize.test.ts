/** Resizing of images. */

import { testFamilies } from './family-tests.js';

testFamilies('resize');
