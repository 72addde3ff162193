import type { Organisation } from "../model/organisation.ts";
import type { Site } from "./render.ts";

/**
 * What pages know about the installation. Its links follow the organisation's settings as they are at the moment of the
 * page: up to four in the footer, and who helps, on every error page.
 */
export function siteOf(
  fixed: Omit<Site, "links" | "help">,
  settings: { organisation(): Organisation },
): Site {
  return {
    ...fixed,
    get links() {
      return linksOf(settings.organisation());
    },
    get help() {
      return helpOf(settings.organisation());
    },
  };
}

function linksOf({ privacyUrl, termsUrl, documentationUrl }: Organisation): Site["links"] {
  const help = { label: "Help", href: documentationUrl };
  const pages = [help, { label: "Privacy", href: privacyUrl }, { label: "Terms", href: termsUrl }];
  return pages.flatMap(({ label, href }) => (href === undefined ? [] : [{ label, href }]));
}

function helpOf({ contacts }: Organisation): Site["help"] {
  const support = contacts.find(({ kind }) => kind === "support");
  if (support === undefined) return undefined;
  const { name, email } = support;
  return { label: name === undefined ? email : `${name} (${email})`, href: `mailto:${email}` };
}
