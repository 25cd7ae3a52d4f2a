/** Rounds that are added at once: a suspicion is looked at again after each of these. */
export const roundsAtOnce = 20;
