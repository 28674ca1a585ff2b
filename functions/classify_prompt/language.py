"""What a prompt's letters say of its language, whatever its sender says."""

import unicodedata


def script_language(prompt: str) -> str:
    """en if the letters may be English; und (undetermined, BCP 47) if most are not Latin at all.

    Tells scripts apart, not languages: German passes as en here.
    """
    letters = [letter for letter in prompt if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return "en" if 2 * latin >= len(letters) else "und"
