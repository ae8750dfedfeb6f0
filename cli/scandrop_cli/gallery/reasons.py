"""Why a record was refused."""

_REASONS = {  # as it is said after the field, and after a count of records
    "additionalItems": ("has more items than the schema allows", "with more items than the schema allows"),
    "additionalProperties": ("has a field that the schema does not allow", "with a field that is not allowed"),
    "anyOf": ("fits none of the forms that the schema allows", "in none of the forms that the schema allows"),
    "const": ("is not the one value that the schema allows", "with another value than the one allowed"),
    "contains": ("lacks an item that the schema asks for", "without an item that the schema asks for"),
    "enum": ("is none of the values that the schema allows", "with a value that is none of those allowed"),
    "exclusiveMaximum": ("is too large", "with a number too large"),
    "exclusiveMinimum": ("is too small", "with a number too small"),
    "falseSchema": ("must not be there", "with something that must not be there"),
    "format": ("is not in the format that the schema asks for", "with a value in another format"),
    "invalid_json": ("is no JSON that can be read", "not readable as JSON"),
    "lone_surrogate": ("has a character in half, which is no text", "with broken Unicode"),
    "maxItems": ("has too many items", "with too many items"),
    "maxLength": ("is too long", "with a text too long"),
    "maxProperties": ("has too many fields", "with too many fields"),
    "maximum": ("is too large", "with a number too large"),
    "minItems": ("has too few items", "with too few items"),
    "minLength": ("is too short", "with a text too short"),
    "minProperties": ("has too few fields", "with too few fields"),
    "minimum": ("is too small", "with a number too small"),
    "multipleOf": ("is no multiple of the number that the schema asks for", "with a number that is no such multiple"),
    "not": ("is of a form that the schema forbids", "of a form that the schema forbids"),
    "not_an_object": ("is no JSON object", "not a JSON object"),
    "not_finite": ("is NaN or infinite, which JSON does not have", "with NaN or infinity"),
    "not_utf8": ("is not in UTF-8", "not in UTF-8"),
    "number_out_of_range": ("has a number that is too large to be kept", "with a number too large to be kept"),
    "oneOf": ("fits none or several of the forms that the schema allows", "in none or several of the forms allowed"),
    "pattern": ("does not fit the pattern that the schema asks for", "with a value that does not fit its pattern"),
    "propertyNames": ("has a field whose name the schema does not allow", "with a field whose name is not allowed"),
    "required": ("is missing", "with a field missing"),
    "too_deep": ("is nested too deeply", "nested too deeply"),
    "type": ("is of another type than the schema asks for", "with a value of another type"),
    "unevaluatedItems": ("has an item that the schema does not allow", "with an item that the schema does not allow"),
    "unevaluatedProperties": ("has a field that the schema does not allow", "with a field that is not allowed"),
    "uniqueItems": ("has the same item twice", "with the same item twice"),
}


def reason_said(code: str) -> str:
    """After the field; a code that is not known as it is."""
    return _said(code)[0]


def count_said(code: str) -> str:
    """After a count of records that were refused for it."""
    return _said(code)[1]


def _said(code: str) -> tuple[str, str]:
    return _REASONS.get(code, (code.replace("_", " "),) * 2)
