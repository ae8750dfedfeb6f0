"""What the lane goes on in spite of, as codes and sentences: each is in the report, ``qc.json`` and the ledger.

The facts filled in are numbers and format names, never text of the input, as in `scandrop.errors`.
"""

from scandrop.processors.cautions import Caution, Cautions

__all__ = ["WARNINGS", "Caution", "Warned"]

WARNINGS: dict[str, str] = {
    "already_processed": "The name says that the run was processed before (desc, space, res, den or label): motion, outliers and tSNR are those of what is left of the scan, and the verdict is no better than warn.",
    "band_pass_above_nyquist": "The band-pass ends at {high_hz} Hz, which a repetition time of {tr_s} s cannot hold ({nyquist_hz} Hz at most); only its lower end is used.",
    "band_pass_outside": "The band-pass begins at {low_hz} Hz, which a repetition time of {tr_s} s cannot hold ({nyquist_hz} Hz at most); it is not used.",
    "band_pass_too_short": "{volumes} volumes are too few for the band-pass, which needs {needed}; no connectivity is given.",
    "band_pass_without_tr": "Without a repetition time the series of the regions are correlated without a band-pass.",
    "bitpix_contradiction": "The header's bitpix contradicts its datatype; the voxels are read as {dtype}.",
    "brain_never_covered": "No voxel of the brain stays in the field of view in all volumes; the quality is that of the whole brain, gaps included.",
    "brain_not_found": "No head stands out in the image, or one fills it: every voxel is taken for brain.",
    "connectivity_too_short": "{volumes} volumes leave {degrees} degrees of freedom after the nuisance regression and the band-pass, fewer than {least}; no connectivity is given.",
    "constant_volumes": "{volumes} volumes have the same value everywhere, the first of them volume {first}.",
    "form_unusable": "The header's {form} is singular or not finite and is passed over.",
    "int16_too_coarse": "A few voxels are so bright that int16 would round all others; the run is stored as float32.",
    "intercept_unusable": "The header's scl_inter is not finite; 0 is used.",
    "motion_lost": "The motion of {volumes} volumes, the first of them volume {first}, could not be determined; they are left as they are.",
    "motion_undetermined": "The reference volume has too few slices or too little contrast to determine motion; the run is left as it is.",
    "negative_voxel_size": "The header's pixdim has negative voxel sizes; they are used without their sign.",
    "non_finite_voxels": "{voxels} voxels are NaN or infinite; 0 is used for them.",
    "orientation_unknown": "The header gives no usable orientation; as in nibabel and SPM, the first axis is taken to run from right to left, and the origin to be in the middle. Do not trust left and right.",
    "parcellation_covers_little": "The parcellation covers only {percent} % of the brain mask. See that it is in the space of this run.",
    "parcellation_regions_outside": "{lost} of the parcellation's {regions} regions have no voxel in the brain mask and are left out.",
    "parcellation_unfit": "{regions} of the parcellation's regions have voxels in the brain mask, not 2 to {most}; a grid of regions is used instead. See that it is in the space of this run.",
    "parcellation_unusable": "The parcellation is no readable 3D label image of whole numbers below 2^24 with an orientation ({reason}); a grid of regions is used instead.",
    "phase_axis_contradiction": "The sidecar's PhaseEncodingDirection contradicts the header's dim_info; the sidecar's is used.",
    "reference_missing": "The settings name volume {volume} as the reference and the run has {volumes}; one is picked instead.",
    "regions_without_signal": "{regions} regions have no signal of their own; their connectivity is not given.",
    "sidecar_field_unusable": "The sidecar's {field} is not what BIDS allows, or out of range; it is not used.",
    "sidecar_unreadable": "The sidecar is no JSON object of at most 1 MiB; it is not used.",
    "single_volume": "The name says bold, and the file holds one volume: it is treated as a 3D image.",
    "slice_timing_unusable": "The sidecar's SliceTiming has {times} times for {slices} slices, or one past the repetition time; it is not used.",
    "task_not_of_name": "The sidecar's TaskName is not the task of the file's name; it is left out, because it could name a person.",
    "tr_contradiction": "The header gives a repetition time of {header_s} s and the sidecar {sidecar_s} s; the sidecar's is used.",
    "tr_unit_missing": "The header gives the repetition time {tr_s} without a unit; seconds are assumed.",
    "tr_unknown": "Neither the header nor a sidecar gives a repetition time; what needs one is left out.",
    "tr_unusable": "The header's repetition time of {tr_s} s is not used: it is not from {least} to {most} s, or has no unit of time. Give RepetitionTime in a sidecar.",
    "trailing_bytes": "{count} bytes that follow the last voxel are not read.",
    "trailing_garbage": "Bytes that are no gzip data follow the compressed image; they are not read.",
    "unchanging": "All volumes are the same; nothing over time can be judged.",
    "voxel_size_contradiction": "The header's pixdim contradicts its orientation; the orientation's {x} x {y} x {z} mm are used.",
    "voxels_clipped": "{voxels} voxels are brighter than the stored range holds after interpolation; they have its largest value.",
}


class Warned(Cautions):
    """The warnings of one input, in the order in which they were met."""

    sentences = WARNINGS
