/** Steps of the optimiser. */

import { testFamilies } from './family-tests.js';

testFamilies('adamw', 'adamw-ema', 'ema', 'sum-of-squares');
