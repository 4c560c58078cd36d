/** Matrix products. */

import { testFamilies } from './family-tests.js';

testFamilies('matmul');
