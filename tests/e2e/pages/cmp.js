// The interface of a consent platform, by the IAB's own library.
import { CmpApi } from "@iabtcf/cmpapi";

window.cmp = new CmpApi(10, 1, true);
window.cmp.update("", true);
