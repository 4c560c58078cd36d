/** Gradients of convolutions by their input, which are also transposed convolutions. */

import { testFamilies } from './family-tests.js';

testFamilies('conv2d-input-gradient');
