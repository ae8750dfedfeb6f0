"""Why a record was refused, said after "the field" or after a count of records."""

_REASONS = {
    "additionalItems": "has more items than the schema allows",
    "additionalProperties": "has a field that the schema does not allow",
    "anyOf": "fits none of the forms that the schema allows",
    "const": "is not the one value that the schema allows",
    "contains": "lacks an item that the schema asks for",
    "enum": "is none of the values that the schema allows",
    "exclusiveMaximum": "is too large",
    "exclusiveMinimum": "is too small",
    "falseSchema": "must not be there",
    "format": "is not in the format that the schema asks for",
    "invalid_json": "is no JSON that can be read",
    "lone_surrogate": "has a character in half, which is no text",
    "maxItems": "has too many items",
    "maxLength": "is too long",
    "maxProperties": "has too many fields",
    "maximum": "is too large",
    "minItems": "has too few items",
    "minLength": "is too short",
    "minProperties": "has too few fields",
    "minimum": "is too small",
    "multipleOf": "is no multiple of the number that the schema asks for",
    "not": "is of a form that the schema forbids",
    "not_an_object": "is no JSON object",
    "not_finite": "is NaN or infinite, which JSON does not have",
    "not_utf8": "is not in UTF-8",
    "number_out_of_range": "has a number that is too large to be kept",
    "oneOf": "fits none, or more than one, of the forms that the schema allows",
    "pattern": "does not fit the pattern that the schema asks for",
    "propertyNames": "has a field whose name the schema does not allow",
    "required": "is missing",
    "too_deep": "is nested too deeply",
    "type": "is of another type than the schema asks for",
    "unevaluatedItems": "has an item that the schema does not allow",
    "unevaluatedProperties": "has a field that the schema does not allow",
    "uniqueItems": "has the same item twice",
}


def reason_said(code: str) -> str:
    """In words; a code that is not known as it is."""
    return _REASONS.get(code, code.replace("_", " "))
