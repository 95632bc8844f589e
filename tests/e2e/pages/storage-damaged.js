// What stands under our names is not what we wrote.
Storage.prototype.getItem = () => "\u0000{not [json";
