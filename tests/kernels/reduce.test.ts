/** Reductions. */

import { testFamilies } from './family-tests.js';

testFamilies('reduce', 'argmax');
