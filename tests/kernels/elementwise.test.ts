/** Elementwise expressions. */

import { testFamilies } from './family-tests.js';

testFamilies('elementwise');
