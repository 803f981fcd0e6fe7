exports.later = (ms) => new Promise((resolve) => setTimeout(() => resolve('later'), ms));
