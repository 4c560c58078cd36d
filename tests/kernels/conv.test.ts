/** Convolutions. */

import { testFamilies } from './family-tests.js';

testFamilies('conv2d');
