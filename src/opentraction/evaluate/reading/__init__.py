"""Files and folders become an ImagingStudy: formats, label conventions, checks of anatomy."""
