"""The consent text in plain words: what it is, what is known, risks, other ways, the right to stop."""

from opentraction.chart import Level, TractionProfile


def consent_text(profile: TractionProfile, target: Level | None, *, sessions: int) -> str:
    """What the patient is told before agreeing; paragraphs are separated by an empty line."""
    place = f"It aims at the disc {target}. " if target is not None else "It aims at no single disc. "
    pull = (
        f"The table pulls with up to {profile.peak_force_n:.0f} newtons, about the weight of "
        f"{profile.peak_force_n / 9.80665:.0f} kg, in a belt around the pelvis."
        if profile.peak_force_n > 0
        else "You lie on the table and it does not pull."
    )
    return "\n\n".join(
        (
            f"What it is. You lie on a table for about {profile.duration_s / 60:.0f} minutes. {pull} "
            f"{place}Up to {sessions} sessions are planned, with checks in between.",
            "What is known. Lying down and pulling gently lowers the pressure in the discs for a while; "
            "the change fades within about an hour. A computer model of the spine was used to choose the "
            "pull. That less pressure in the model means less pain for you has not been shown.",
            "What is not known. Most trials found little or no difference from a pretended treatment. "
            "Some found a small short-term gain in people with a herniated disc. Nobody can say in "
            "advance who will gain. Many people get better with time, with or without this treatment.",
            "Risks. Pain in the back or leg may get worse, during or after a session. The belt may press "
            "or bruise. In one published case (Deen 2003) a large disc bulge suddenly grew during "
            "decompression and the person needed urgent surgery. How often harm happens is not known, "
            "because nobody has counted it well.",
            "Tell us at once, and go to an emergency department if we are not there, about new weakness "
            "or numbness, numbness between the legs, or any change in passing water or stool.",
            "Other ways. Staying active, exercise, physiotherapy, hands-on care, medicines, injections, "
            "surgery for some, or waiting. You may choose any of these instead, or ask for a second "
            "opinion.",
            "You can stop at any time, in the middle of a session too: press the switch in your hand or "
            "say so. You need no reason, and your other care does not change.",
        )
    )
