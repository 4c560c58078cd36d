/** The published VTA-LDM: the model behind the common interface, and its stages. */

export { VTA_LDM_STAGES, type VtaLdmStage, type VtaLdmStageRequest } from './stages.js';
export { VtaLdmVideoToAudio } from './video-to-audio.js';
