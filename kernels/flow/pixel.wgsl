// One thread a pixel: workgroups of 64 along a row, one row of one image a workgroup row.
struct Params { width: u32, height: u32, images: u32 }
