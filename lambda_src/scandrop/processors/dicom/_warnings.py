"""What the lane goes on in spite of, as codes and sentences: each code is in the ledger.

The facts filled in are numbers, format names and tags or keywords of the standard, never text of the input, as in
`scandrop.errors`.
"""

from scandrop.processors.cautions import Cautions

WARNINGS: dict[str, str] = {
    "dicom_no_preamble": "The file has no preamble with the mark DICM; it is read as a bare object.",
    "dicom_no_meta": "The file has no file meta information; its transfer syntax is told from its data.",
    "dicom_meta_length": "FileMetaInformationGroupLength (0002,0000) is wrong; the elements of group 0002 are read as they follow each other.",
    "dicom_syntax_contradiction": "TransferSyntaxUID (0002,0010) says {said} and the data is in {found}; it is read as that.",
    "dicom_mixed_encoding": "{count} items, the first of them in {tag}, do not state VRs as the object's others do; they are read as they are and written like the others.",
    "dicom_unknown_vr": "{count} elements, the first of them {tag}, have a VR that the standard does not know; they are read by their length alone.",
    "dicom_duplicates": "{count} elements come again in their data set, the first of them {tag}; the first of each is used.",
    "dicom_unsorted": "{count} elements are out of order, the first of them {tag}; they are sorted.",
    "dicom_odd_length": "{count} values have an odd length, the first of them {tag}; they are padded.",
    "dicom_delimiters": "{count} delimiters of items and sequences are missing or out of place, the first of them in {tag}; the lengths around them say where each ends.",
    "dicom_trailing_bytes": "{count} bytes after the last element are dropped.",
    "dicom_charset_unknown": "{count} data sets name a character set in {tag} that the standard does not define; their text is read as Latin-1.",
    "dicom_pixels_longer": "{extra_bytes} bytes lie behind the pixels that the header describes; they are removed.",
    "dicom_colour_not_shared": "PhotometricInterpretation is {header} and there are colours for each pixel; they are taken as such.",
    "dicom_data_longer": "{count} bytes of tables, waveforms and the like, the first of them in {keyword}, lie behind what is described; they are removed.",
    "dicom_offsets_wrong": "The offset table of PixelData does not fit its fragments; the frames were told apart without it.",
    "dicom_more_frames": "PixelData holds {held} frames, which is more than NumberOfFrames says; the others are blanked.",
    "dicom_comments_blanked": "In {count} places the compressed pixels held bytes that no decoder reads, such as comments; they are blanked, and the pixels are the same.",
    "dicom_colour_differs": "PhotometricInterpretation is {header} and the compressed data says {said}, which was believed.",
    "dicom_window_from_pixels": "The object states neither a VOI LUT nor a window: 0 and 1 in the model are its lowest and highest value, and the preview leaves out 0.5 % of the pixels at either end.",
    "dicom_window_unusable": "WindowCenter (0028,1050) or WindowWidth (0028,1051) is not usable: the window is taken from the pixels.",
    "dicom_voi_function_unknown": "VOILUTFunction (0028,1056) is none that the standard defines: LINEAR is taken.",
    "dicom_lut_unusable": "The table in {keyword} is not as long as its descriptor says, or has none: it is not applied.",
    "dicom_rescale_unusable": "RescaleSlope (0028,1053) or RescaleIntercept (0028,1052) is not usable: stored values are taken as they are.",
    "dicom_polarity_contradicted": "PhotometricInterpretation (0028,0004) and PresentationLUTShape (2050,0020) contradict each other: the pictures are inverted.",
    "dicom_aspect_ignored": "By their spacing, pixels would be more than {most} times as long on one side as on the other: they are shown square, as they are stored.",
    "dicom_values_unusable": "The values of {count} attributes are not what their VR claims: they are removed or emptied.",
    "dicom_names_alike": "Of the names of {count} structures (ROIName) the same is left as of others: they are emptied.",
}


class Warned(Cautions):
    """The warnings of one input, in the order in which they were met."""

    sentences = WARNINGS
