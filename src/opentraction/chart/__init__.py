"""What is written down: patient, spine, finding, plan, session, outcome. Frozen values that check themselves."""
