/** Gradients of convolutions by their weights. */

import { testFamilies } from './family-tests.js';

testFamilies('conv2d-weight-gradient');
