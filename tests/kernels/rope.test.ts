/** Rotary position embedding. */

import { testFamilies } from './family-tests.js';

testFamilies('rope');
