// What old libraries do: enumerable additions to what everybody has.
Object.prototype.extend = function () {};
Array.prototype.remove = function () {};
Object.prototype.toJSON = undefined;
Array.prototype.toJSON = function () {
  return Object.toJSON ? "" : this.slice();
};
String.prototype.at2 = 1;
