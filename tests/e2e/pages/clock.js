// A clock that goes back an hour, forward a day, and is sometimes none at all.
const real = Date.now;
let calls = 0;
Date.now = () => real() + [0, -3_600_000, 86_400_000, 1][calls++ % 4];
