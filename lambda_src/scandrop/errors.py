"""What can go wrong, as codes and sentences.

    ScandropError
    ├── Rejected   the input can never succeed: recorded with its code, not retried
    └── Failed     a try that may succeed later: given back to the queue

Every sentence says what to do. The facts filled into it are numbers and format names, never text
taken from the input, so that an error can be logged, stored and shown without leaking a value.
"""

import errno
from typing import ClassVar

REJECTIONS: dict[str, str] = {
    "empty": "The object has no bytes. Upload the file again.",
    "too_large": "The object is {size_bytes} bytes and its lane takes at most {max_bytes}. Split it, or raise max_object_bytes.",
    "unsupported": "The object is in no known format. Accepted are {accepted}.",
    "misplaced": "The object is {found}, which its suffix does not say. Rename it to one of {suffixes} and upload it again.",
    "image_unreadable": "The {format} header is damaged or describes pixels that the lane cannot read. Save the image as 8- or 16-bit gray or colour, or 32-bit gray, and upload it again.",
    "image_unsupported": "The pixels of the {format} image are {layout}, which the lane does not read. Save it as 8- or 16-bit gray or interleaved RGB, or as 32-bit gray, and upload it again.",
    "image_damaged": "The {format} data is damaged or cut off. Export the image again and upload it.",
    "image_too_large": "The image is {width} x {height} pixels and the lane takes at most {max_pixels} pixels. Scale it down, or raise image.max_pixels.",
    "image_too_many_frames": "The image has more than {max_frames} frames or pages. Split it, or raise image.max_frames.",
    "image_too_long": "The image has {pixels} pixels in {frames} frames or pages and the lane takes at most {max_total_pixels}. Split it, or raise image.max_total_pixels.",
    "image_bomb": "The {format} file asks for more than {max_scans} passes over its pixels. Save it again with an ordinary encoder and upload it.",
    "image_not_finite": "The {format} image has no finite value. Export it again and upload it.",
    "dicom_unreadable": "The object is no DICOM file, or holds no data set that can be read. Export it again as a DICOM file (PS3.10) and upload it.",
    "dicom_directory": "The object is a DICOMDIR, which only lists others. Upload the objects that it lists.",
    "dicom_transfer_syntax": "TransferSyntaxUID (0002,0010) names none that the standard has for files. Convert the object to an uncompressed transfer syntax and upload it.",
    "dicom_deflate": "The deflated data set is damaged or cut off. Export the object again and upload it.",
    "dicom_inflated_too_large": "The deflated data set holds more than {max_bytes} bytes. Split the object, or raise dicom.max_decoded_bytes.",
    "dicom_damaged": "The data set cannot be read on from {tag} at byte {offset}. Export the object again and upload it.",
    "dicom_truncated": "The object ends within {tag}. Export it again and upload it.",
    "dicom_length": "What {tag} holds goes on past its end, or leaves bytes over. Export the object again and upload it.",
    "dicom_too_deep": "Sequences are nested deeper than {max_depth} at {tag}. Flatten them and upload the object again.",
    "dicom_too_many_elements": "The object has more than {max_elements} elements and items. Split it and upload the parts.",
    "dicom_pixels_undescribed": "The object has pixels, and its {keyword} is missing or not one that the lane reads. Mend it, or export the object again, and upload it.",
    "dicom_pixels_short": "The object holds {held_bytes} bytes of pixels, which is less than its header promises. Export the object again and upload it.",
    "dicom_frames_missing": "PixelData holds {held} frames, which is less than NumberOfFrames promises. Export the object again and upload it.",
    "dicom_fragments_damaged": "The items that PixelData is made of do not follow each other to its end. Export the object again and upload it.",
    "dicom_frame_too_large": "By the header, a frame has more than the {max_pixels} pixels that the lane takes, or more than 8 bytes for each of so many. Scale it down, or raise dicom.max_pixels.",
    "dicom_too_many_frames": "NumberOfFrames is more than the {max_frames} that the lane takes. Split the object, or raise dicom.max_frames.",
    "dicom_pixels_too_large": "The frames take more bytes once decoded than the {max_decoded_bytes} that the lane takes. Split the object, or raise dicom.max_decoded_bytes.",
    "dicom_model_too_large": "The model of each frame would take more than the {max_decoded_bytes} bytes that the lane makes. Split the object, or set dicom.frames to middle, or raise dicom.max_decoded_bytes.",
    "dicom_syntax_unsupported": "The pixels are stored as {syntax}, which the lane does not decode. Convert the object to an uncompressed or a lossless transfer syntax and upload it.",
    "dicom_single_bits_unsupported": "The pixels are single bits stored as {syntax}, which the lane does not decode. Convert the object to an uncompressed transfer syntax and upload it.",
    "dicom_frames_untold": "PixelData has {fragments} fragments, more than there are frames, and no offset table says which fragments are which frame's. Export the object again and upload it.",
    "dicom_syntax_contradicted": "PixelData is not stored as the transfer syntax {syntax} says. Export the object again and upload it.",
    "dicom_needs_libjpeg": "The pixels are {syntax} with more than 8 bits, which only a decoder under the GPL reads. Add the layer libjpeg by dicom.gpl_decoders, or convert the object to a lossless transfer syntax and upload it.",
    "dicom_codestream_differs": "The compressed data of a frame contradicts the header's {keyword}. Export the object again and upload it.",
    "dicom_pixels_damaged": "The compressed data of a frame is damaged or cut off ({decoder}). Export the object again and upload it.",
    "dicom_decoder_died": "The {decoder} decoder broke on a frame ({how}). Export the object again, or in another transfer syntax, and upload it.",
    "dicom_decoder_too_slow": "The {decoder} decoder was not done after {seconds} seconds. Export the object again, or in another transfer syntax, and upload it.",
    "dicom_without_pixels": "The object has no pixels, and the environment takes only objects that have. Leave it out, or set dicom.without_pixels to header.",
    "dicom_burned_in": "The pixels may show text that names the patient ({reasons}). Take it out of them and upload the object again, or have the environment mask or pass such objects with dicom.burned_in.",
    "dicom_no_mask_rule": "The pixels may show text that names the patient ({reasons}), and none of the {rules} mask rules is for this scanner, modality and size. Add one to the file that dicom.mask_rules names.",
    "dicom_mask_unsupported": "The pixels may show text that names the patient, and those of {bits} bits cannot be masked. Take the text out of them and upload the object again.",
    "version_gone": "This version of the object is no longer in the raw bucket. Upload the file again.",
    "processor_crashed": "The {lane} processor broke on this input ({exception}). Report it with the package version.",
    "out_of_memory": "The {lane} lane's memory does not hold this input. Split it, or raise the lane's memory_mb.",
    "not_records": "The object is no JSON array, JSON object or JSON Lines in UTF-8. Save it as one of these and upload it again.",
    "invalid_json": "The JSON breaks at line {line} (byte {offset}). Mend it there and upload it again.",
    "record_too_large": "The record at line {line} takes more than {max_bytes} bytes, or lacks a closing quote or bracket. Mend it, or raise record.max_record_bytes.",
    "no_valid_records": "No record is valid, of {records} in all; the first, at line {line}, fails on {fault}. Compare the file with the environment's schema.",
    "too_many_rejects": "More than {max_rejects} records are invalid. Compare the file with the environment's schema, or raise record.max_rejects.",
    "nifti_unreadable": "The file does not begin with a NIfTI-1 or NIfTI-2 header that can be read. Save the image as .nii or .nii.gz and upload it again.",
    "nifti_pair": "The header belongs to a pair of .hdr and .img files. Save the image as a single .nii or .nii.gz file and upload that.",
    "nifti_damaged": "The compressed data is damaged or cut off. Compress the image again and upload it.",
    "nifti_cut_off": "The header asks for {declared_bytes} bytes and the file holds at most {held_bytes}. Export the image again and upload it.",
    "nifti_longer": "The data goes on for a volume or more past the {volumes} that the header declares. Mend the header's dim, datatype or vox_offset, and upload the image again.",
    "nifti_dimensions": "The image is {dim} voxels and the lane takes 3D images and 4D runs. Save it as one of these and upload it again.",
    "nifti_not_bold": "By its name ({kind}) the file is no run of BOLD, and of several volumes the lane takes nothing else. Leave it out; if it is BOLD, let its name end in _bold and upload it again.",
    "nifti_datatype": "The voxels are {kind}, which the lane does not read. Save them as integers, float32 or float64 and upload the image again.",
    "nifti_offset": "The header places the first voxel at byte {offset}, and a single file has it at a whole number from {least}. Save the image again and upload it.",
    "nifti_no_voxel_size": "The header gives neither a usable orientation nor voxel sizes. Mend its pixdim or its sform, and upload the image again.",
    "nifti_voxel_size": "The voxels are {x} x {y} x {z} mm and the lane takes {least} to {most} mm. Mend the header's pixdim, sform and xyzt_units, and upload the image again.",
    "nifti_volume_too_large": "A volume has {voxels} voxels and the lane takes at most {most}: nifti.max_volume_voxels, or a tenth of it in a run. Scale it down, or raise that and the lane's memory_mb.",
    "nifti_run_too_large": "The run takes {run_bytes} bytes before compression and the lane takes at most {max_run_bytes}. Split it, or raise nifti.max_run_bytes.",
    "nifti_not_finite": "No voxel has a finite value. Export the image again and upload it.",
    "nifti_constant": "All voxels have the same value. Export the image again and upload it.",
}

FAILURES: dict[str, str] = {
    "throttled": "AWS asked to slow down ({operation}: {aws_code}). It is tried again by itself.",
    "aws_unavailable": "AWS did not get {operation} done ({aws_code}). It is tried again by itself.",
    "conflict": "Another write of the same item was under way ({operation}). It is tried again by itself.",
    "aws_error": "AWS refused {operation} with {aws_code}. Check the lane's role and redrive the dead letter.",
    "unknown_event": "The message is no event of the raw bucket that S3 or EventBridge sends. After its last try `scandrop failures` shows it, and `scandrop failures discard` deletes it.",
    "leased": "Another try of this object is at work. It is tried again by itself.",
    "busy": "An older version of this object is being written. It is tried again by itself.",
    "lease_over": "This try took longer than its lease, so it may write no more. It is tried again by itself.",
    "out_of_time": "The function's time did not allow another object. It is tried again by itself.",
    "unexpected": "The pipeline itself broke ({exception}). Read the log of the request id and redrive the dead letter.",
    "package_broken": "A module of the lane's package or layers is missing ({module}). Deploy them again and redrive the dead letter.",
    "disk_full": "The lane's ephemeral disk is full. Raise ephemeral_mb and redrive the dead letter.",
    "asset_gone": "A file that the lane's settings name is not in the artifacts bucket. Deploy the environment again and redrive the dead letter.",
    "no_pseudonym_key": 'The environment\'s pseudonym key is missing, marked for deletion, no text or shorter than 32 characters. See "The pseudonym key" in docs/operating.md, then redrive the dead letter.',
    "lost_race": "Another try of this object wrote first. It is tried again by itself.",
    "mask_rules_unusable": "Rule {rule} of the file that dicom.mask_rules names is not usable ({field}). Mend it as env/mask_rules.example.json shows, deploy, and redrive the dead letter.",
}


_WAITING = {"busy", "leased", "out_of_time"}


class ScandropError(Exception):
    """An error with a code from the class's table and the facts its sentence needs.

    Raises KeyError at once where the code is unknown or a fact is missing, so that a test which provokes
    the error finds a sentence that could not be said.
    """

    sentences: ClassVar[dict[str, str]] = {}

    def __init__(self, code: str, **facts: float | str) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.sentences[code].format(**facts))


class Rejected(ScandropError):
    """The input can never succeed."""

    sentences = REJECTIONS


class Gone(Rejected):
    """There is no such object, or no such version of it: the end of a raw one's way, and elsewhere an answer."""

    def __init__(self) -> None:
        super().__init__("version_gone")


class Failed(ScandropError):
    """The try did not succeed; a later one may."""

    sentences = FAILURES

    @property
    def only_waited(self) -> bool:
        """Whether the object's turn had not come: such a try says nothing of the object."""
        return self.code in _WAITING

    @classmethod
    def of(cls, error: Exception) -> "Failed":
        """What broke, as a failure that names no value."""
        if isinstance(error, Failed):
            return error
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return cls("disk_full")
        return cls("unexpected", exception=type(error).__name__)
