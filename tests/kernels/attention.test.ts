/** Attention. */

import { testFamilies } from './family-tests.js';

testFamilies('attention');
