"""The nifti lane: an fMRI run, motion-corrected, smoothed, judged and reported; an anatomical image, masked and shown."""
