/** Short-time Fourier transforms and their moduli. */

import { testFamilies } from './family-tests.js';

testFamilies('stft', 'istft', 'modulus', 'modulus-gradient');
