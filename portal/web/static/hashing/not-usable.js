/** Why a file cannot be used; `reason` is one of the words the page has a sentence for. */
export class NotUsable extends Error {
  constructor(reason, options) {
    super(reason, options);
    this.reason = reason;
  }
}
