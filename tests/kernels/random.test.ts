/** Random numbers. */

import { testFamilies } from './family-tests.js';

testFamilies('random');
