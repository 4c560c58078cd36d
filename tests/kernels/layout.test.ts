/** Copies, padding, joining, cutting and gathering. */

import { testFamilies } from './family-tests.js';

testFamilies('copy', 'pad', 'pad-edge', 'pad-edge-gradient', 'concat', 'split', 'gather', 'gather-gradient');
