/** What a server says of a version of a file, for asking later whether there is a newer one (RFC 9110, 8.8). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** entity-tag of RFC 9110, 8.8.3, in ASCII and no longer than anybody needs: it is kept, and sent back as it came. */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,200}"$/;
/** IMF-fixdate of RFC 9110, 5.6.7; the two obsolete forms are taken as not said. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The validators out of an answer's headers. What is not as the standard says is as if it were not there. */
export function validatorsOf(headers: Headers): Validators {
  return { etag: matching(headers["etag"], ETAG), lastModified: matching(headers["last-modified"], DATE) };
}

/** The headers that ask for a file only where it is another one by now (RFC 9110, 13.1.2 and 13.1.3). */
export function conditions({ etag, lastModified }: Validators): Readonly<Record<string, string>> {
  return {
    ...(etag === undefined ? {} : { "if-none-match": etag }),
    ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
  };
}

function matching(value: string | readonly string[] | undefined, form: RegExp): string | undefined {
  return typeof value === "string" && form.test(value) ? value : undefined;
}
