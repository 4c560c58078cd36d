/** Normalisations and softmax, with their gradients. */

import { testFamilies } from './family-tests.js';

testFamilies('norm', 'norm-input-gradient', 'norm-weight-gradient', 'softmax', 'softmax-gradient');
