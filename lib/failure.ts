/** That something has failed for good, for all who wait for other things meanwhile. */
export class Failure {
  #reason: { readonly error: unknown } | undefined;
  readonly #guarded = new Set<(error: unknown) => void>();

  /** The error; undefined while nothing has failed. */
  get reason(): { readonly error: unknown } | undefined {
    return this.#reason;
  }

  /** Rejects what is guarded. @returns false where something had failed before, which stays the reason. */
  set(error: unknown): boolean {
    if (this.#reason) return false;
    this.#reason = { error };
    for (const reject of this.#guarded) reject(error);
    return true;
  }

  /** Settles as `work` does, or rejects as soon as there is a failure. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#reason) reject(this.#reason.error);
      this.#guarded.add(reject);
      const release = () => this.#guarded.delete(reject);
      work.then(resolve, reject).finally(release);
    });
  }
}
