//! Our few icons: 20 × 20, one stroke.

use crate::dom::{View, view};

/// An icon; decoration only, its meaning stands beside it.
pub(crate) fn icon(name: &'static str) -> View {
    view! {
        <svg width="18" height="18" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d=path(name)></path>
        </svg>
    }
}

/// The sign of the product.
pub(crate) fn mark() -> View {
    view! {
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" fill="#14616b"></rect>
            <path d="M7 20c3.2 0 3.2-8 6.4-8s3.2 8 6.4 8S23 8 25.5 8" fill="none" stroke="#fff" stroke-width="2.6"
                stroke-linecap="round"></path>
        </svg>
    }
}

fn path(name: &str) -> &'static str {
    match name {
        "home" => "M3 9.5 10 4l7 5.500V16a1 1 0 0 1-1 1h-3.500v-5h-5v5H4a1 1 0 0 1-1-1z",
        "live" => "M2.500 10h3l2-5 4 10 2.200-5h3.800",
        "funnel" => "M3 4h14l-5.500 6.500V16l-3 1v-6.500z",
        "campaign" => "M4 8v4h2.500L13 16V4L6.500 8zM16 8c.8.5 1.200 1.200 1.200 2s-.4 1.500-1.200 2",
        "offer" => {
            "M3 6a1.500 1.500 0 0 1 1.500-1.500h11A1.500 1.500 0 0 1 17 6v8a1.500 1.500 0 0 1-1.500 1.500h-11A1.500 1.500 0 0 1 3 14zM3 8.500h14M6 12.500h3"
        }
        "audience" => {
            "M7.500 9.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400zM2.500 16c0-2.600 2.200-4.200 5-4.200s5 1.600 5 4.200M13 4.400a2.600 2.600 0 0 1 0 4.900M14.500 12c1.900.5 3 1.900 3 4"
        }
        "tag" => "m7 6.500-4 3.500 4 3.500M13 6.500l4 3.500-4 3.500M11.200 4.500l-2.400 11",
        "settings" => "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
        "alert" => "M10 3.500 17.500 16.500h-15zM10 8.500v3.500M10 14.300v.1",
        "check" => "m4 10.500 4 4 8-9",
        "cross" => "m5 5 10 10M15 5 5 15",
        "plus" => "M10 4v12M4 10h12",
        "up" => "M10 16V4.500M5 9l5-5 5 5",
        "down" => "M10 4v11.500M5 11l5 5 5-5",
        "back" => "M16 10H4.500M9 5l-5 5 5 5",
        "play" => "M6 4v12l10-6z",
        "pause" => "M6.500 4.500v11M13.500 4.500v11",
        "copy" => "M7 7h9v9H7zM13 7V4H4v9h3",
        "bin" => "M4 6h12M8 6V4h4v2M5.500 6l.8 10.500h7.400L14.500 6M8.500 9v5M11.500 9v5",
        "menu" => "M3 5.500h14M3 10h14M3 14.500h14",
        "out" => "M8 4H4v12h4M8 10h9M13.500 6.500 17 10l-3.500 3.500",
        "moon" => "M16 12.200A6.800 6.800 0 0 1 7.800 4 6.600 6.600 0 1 0 16 12.200z",
        "sun" => {
            "M10 13.200a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM10 2.500V4M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M4.700 15.300l1-1M14.300 5.700l1-1"
        }
        "half" => "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
        "dot" => "M10 9.600a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8z",
        "eye" => {
            "M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5zM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
        }
        _ => "M4 10h12",
    }
}
