//! One shape for the tables of answer codes, so that a code cannot lack a column.

/// Expands a table into an enum and its columns. Each line has a variant, its number, its name, a
/// value of the protocol's own, the message and when it occurs; `$own` names the column of the
/// value.
macro_rules! code_table {
    ($(#[$doc:meta])+ $codes:ident, $(#[$own_doc:meta])+ $visible:vis $own:ident -> $type:ty;
        $($variant:ident = $number:literal, $name:literal, $value:expr,
            $message:literal, $when:literal;)+) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $codes {
            $(#[doc = $when] $variant,)+
        }

        impl $codes {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// A stable name for logs and documentation.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The message where nothing more exact is known.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)+ }
            }

            /// When it occurs, as a sentence.
            #[must_use]
            pub const fn when(self) -> &'static str {
                match self { $(Self::$variant => $when,)+ }
            }

            $(#[$own_doc])+
            #[must_use]
            $visible const fn $own(self) -> $type {
                match self { $(Self::$variant => $value,)+ }
            }
        }
    };
}

pub(crate) use code_table;
