# Conventions. G clusters (units), N rows, K parameters.
# CV1: G/(G-1) * (N-1)/(N-K), K = slopes + 1 + (levels - 1) of each effect that is not nested in the cluster.
# CV3: (G-1)/G * sum over clusters of (b without it - b)^2, every effect estimated again.
# Bootstrap: null imposed, residuals of a cluster change sign together, t by CV1; p is the share of |t*| above |t|.
# Base R alone is needed. sandwich, lmtest, clubSandwich, haven and fixest repeat the headline where they are installed.

script_folder <- function() {
  sourced <- Filter(Negate(is.null), lapply(sys.frames(), function(frame) frame$ofile))
  argument <- grep("^--file=", commandArgs(FALSE), value = TRUE, useBytes = TRUE)
  if (length(sourced) > 0) return(dirname(sourced[[length(sourced)]]))
  if (length(argument) == 0) return(".") # run line by line: in the script's own folder
  dirname(gsub("~+~", " ", sub("^--file=", "", argument[1], useBytes = TRUE), fixed = TRUE, useBytes = TRUE))
}

read_table <- function(...) {
  path <- file.path(folder, ...)
  if (!file.exists(path)) return(NULL)
  # `encoding` and not `fileEncoding`: in the locale C the latter stops at the first Chinese character
  table <- read.csv(path, encoding = "UTF-8", check.names = FALSE, na.strings = "", stringsAsFactors = FALSE)
  bytes <- charToRaw(names(table)[1])
  names(table)[1] <- rawToChar(bytes[bytes < as.raw(0x80)]) # the byte order mark
  table
}

demeaned <- function(x, group, w) {
  sums <- rowsum(cbind(x * w, w), group)
  x - (sums[, -ncol(sums), drop = FALSE] / sums[, ncol(sums)])[match(group, as.integer(rownames(sums))), , drop = FALSE]
}

codes_of <- function(data, effects) lapply(effects, function(e) as.integer(factor(do.call(paste, data[strsplit(e, "#")[[1]]]))))

# Rows that are alone in a level of an effect are left out, again and again.
repeated <- function(data, effects) {
  if (length(effects) > 0) data[without_singletons(codes_of(data, effects)), ] else data
}

without_singletons <- function(effects) {
  keep <- rep(TRUE, length(effects[[1]]))
  repeat {
    alone <- Reduce(`|`, lapply(effects, function(e) keep & ave(as.numeric(keep), e, FUN = sum) == 1))
    if (!any(alone)) return(keep)
    keep <- keep & !alone
  }
}

nested <- function(effect, cluster) all(rowSums(table(effect, cluster) > 0) == 1)

# An orthonormal basis q of terms and effects on rows scaled by root weights; b = inverse %*% q'y for the terms that are not collinear.
# Effects nested in the cluster are taken out by means, the others are dummies, so that leaving a cluster out estimates all again.
design_of <- function(x, effects, cluster, w) {
  inside <- vapply(effects, nested, TRUE, cluster = cluster)
  outside <- lapply(effects[!inside], function(e) outer(e, sort(unique(e)), "==") + 0)
  dummies <- do.call(cbind, c(outside, if (length(effects) == 0) list(rep(1, nrow(x))))) # first: a term that they span is dropped
  columns <- cbind(dummies, x)
  full_length <- sqrt(colSums(columns^2 * w))
  if (any(inside)) columns <- demeaned(columns, effects[inside][[1]], w)
  columns <- columns * sqrt(w)
  length_of <- sqrt(colSums(columns^2))
  spanned <- length_of <= 1e-9 * full_length # by the effects: only rounding is left
  columns[, spanned] <- 0
  decomposition <- qr(sweep(columns, 2, ifelse(length_of > 0, length_of, 1), "/"), tol = 1e-9)
  kept <- decomposition$pivot[seq_len(decomposition$rank)]
  slopes <- which(kept > ncol(columns) - ncol(x))
  inverse <- backsolve(qr.R(decomposition)[seq_along(kept), seq_along(kept), drop = FALSE], diag(length(kept))) / length_of[kept]
  k <- length(slopes) + 1 + sum(vapply(effects[!inside], function(e) length(unique(e)) - 1, 0))
  list(q = qr.Q(decomposition)[, seq_along(kept), drop = FALSE], inverse = inverse[slopes, , drop = FALSE], k = k,
       terms = colnames(x)[kept[slopes] - ncol(columns) + ncol(x)], absorbed = if (any(inside)) effects[inside][[1]])
}

fit <- function(y, x, effects, cluster, w) {
  design <- design_of(x, effects, cluster, w)
  if (!is.null(design$absorbed)) y <- demeaned(y, design$absorbed, w)
  y <- y * sqrt(w)
  total <- crossprod(design$q, y)
  rows <- split(seq_along(cluster), cluster)
  gram <- lapply(rows, function(i) crossprod(design$q[i, , drop = FALSE]))
  cross <- lapply(rows, function(i) crossprod(design$q[i, , drop = FALSE], y[i, , drop = FALSE]))
  c(design, list(total = total, gram = gram, cross = cross, n = length(cluster), g = length(rows), b = design$inverse %*% total))
}

cv1 <- function(f) {
  squares <- Reduce(`+`, Map(function(gram, cross) (f$inverse %*% (cross - gram %*% f$total))^2, f$gram, f$cross))
  sqrt(f$g / (f$g - 1) * (f$n - 1) / (f$n - f$k) * squares)
}

cv3 <- function(f) {
  without <- function(gram, cross) {
    parts <- eigen(diag(nrow(gram)) - gram, symmetric = TRUE)
    clear <- parts$values > 1e-10 # what only this cluster has is not identified without it
    vectors <- parts$vectors[, clear, drop = FALSE]
    b <- f$inverse %*% (vectors %*% (crossprod(vectors, f$total - cross) / parts$values[clear]))
    lost <- apply(abs(cbind(0, f$inverse %*% parts$vectors[, !clear, drop = FALSE])), 1, max) > 1e-6 * sqrt(rowSums(f$inverse^2))
    b[lost, ] <- NA
    b
  }
  squares <- Reduce(`+`, Map(function(gram, cross) (without(gram, cross) - f$b)^2, f$gram, f$cross))
  sqrt((f$g - 1) / f$g * squares)
}

bootstrap_p <- function(f, term, signs) {
  row <- f$inverse[term, ]
  influence <- vapply(f$gram, function(gram) drop(gram %*% row), row)
  vapply(seq_len(ncol(f$total)), function(j) {
    restricted <- f$total[, j] - row / sum(row^2) * f$b[term, j]
    residual <- mapply(function(gram, cross) drop(cross[, j] - gram %*% restricted), f$gram, f$cross)
    numerator <- drop(crossprod(residual, row))
    score <- signs %*% (diag(numerator) - crossprod(residual, influence))
    t_star <- drop(signs %*% numerator) / sqrt(rowSums(score^2))
    spread <- mapply(function(gram, cross) sum(row * (cross[, j] - gram %*% f$total[, j])), f$gram, f$cross)
    mean(abs(t_star) > abs(f$b[term, j]) / sqrt(sum(spread^2)) * (1 + 1e-9))
  }, 0)
}

signs_of <- function(g, written) {
  if (draw_weights == "webb") return(matrix(sample(c(-1, 1), draws * g, TRUE) * sqrt(sample(c(.5, 1, 1.5), draws * g, TRUE)), draws))
  if (2^g <= draws) return(1 - 2 * outer(seq_len(2^(g - 1)) - 1, seq_len(g) - 1, function(number, k) floor(number / 2^k) %% 2))
  if (!is.null(written)) return(2 * (do.call(rbind, strsplit(written, "")) == "1") - 1)
  matrix(sample(c(-1, 1), draws * g, TRUE), draws)
}

results <- list()

add_results <- function(table, spec, sample, outcome, term, quantity, value, published, tolerance = 1e-8) {
  rows <- data.frame(table, spec, sample, outcome, term, quantity, value, published, tolerance, stringsAsFactors = FALSE)
  results[[length(results) + 1]] <<- rows
}

published_of <- function(table, key, column) {
  if (is.null(table)) return(NA_real_)
  rows <- Reduce(`&`, Map(function(name, value) if (is.na(value)) is.na(table[[name]]) else table[[name]] %in% value, names(key), key))
  if (sum(rows) == 1) as.numeric(table[[column]][rows]) else NA_real_
}

# One specification: each outcome (published name = column) on the terms, clustered by `cluster`; `tested` terms get a bootstrap p.
regression <- function(spec, sample, outcomes, terms, tested, effects = character(), rows = used == 1, weights = NULL,
                       change = NULL, data = panel, cluster = "unit_id", written = NULL) {
  chosen <- eval(substitute(rows), data, parent.frame())
  data <- data[!is.na(chosen) & chosen, ]
  if (!is.null(change)) data <- changes_of(data, unname(c(outcomes, terms)), change)
  data <- data[rowSums(!is.finite(as.matrix(data[c(outcomes, terms, weights)]))) == 0, ]
  data <- repeated(data, effects)
  w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  x <- as.matrix(data[terms])
  colnames(x) <- names(terms)
  f <- fit(as.matrix(data[outcomes]), x, codes_of(data, effects), as.integer(factor(data[[cluster]])), w)
  errors <- list(estimate = f$b, se_cv1 = cv1(f), se_cv3 = cv3(f))
  exact <- 2^f$g <= draws && draw_weights != "webb" || !is.null(written)
  cat(sprintf("\n%s, %s (N = %d, G = %d)\n%-24s%-24s%15s%13s%13s%10s\n", spec, sample, f$n, f$g, "outcome", "term", "estimate", "CV1", "CV3", "boot p"))
  p_wild <- lapply(setNames(nm = intersect(f$terms, tested)), function(term) bootstrap_p(f, match(term, f$terms), signs_of(f$g, written)))
  for (j in seq_along(outcomes)) for (k in seq_along(f$terms)) {
    key <- list(spec = spec, sample = sample, outcome = names(outcomes)[j], term = f$terms[k])
    p <- p_wild[[f$terms[k]]][j]
    values <- c(lapply(errors, function(matrix) matrix[[k, j]]), p_wild = p)
    for (name in names(values)) {
      known <- published_of(regressions, key, name)
      share <- max((values[[name]] + known) / 2, 1 / draws, na.rm = TRUE)
      # draws of its own: five standard errors of the difference of two simulated shares
      bound <- if (name != "p_wild") 1e-8 else if (exact) 1e-12 else 5 * sqrt(2 * share * (1 - share) / draws)
      add_results("regressions", spec, sample, key$outcome, key$term, name, values[[name]], known, bound)
    }
    if (!is.null(p)) cat(sprintf("%-24s%-24s%15.8g%13.6g%13.6g%10.4f\n", key$outcome, key$term, values[[1]], values[[2]], values[[3]], p))
  }
  invisible(f)
}

changes_of <- function(data, columns, years) {
  first <- data[data$year == years[1], ]
  last <- data[data$year == years[2] & data$unit_id %in% first$unit_id, ]
  last[columns] <- last[columns] - first[match(last$unit_id, first$unit_id), columns]
  last
}

# Two-stage least squares of one outcome on the density with one instrument; controls and effects are taken out of all three.
instrumented <- function(spec, sample, outcome, column, density, instrument, controls, effects, rows = used == 1, share_sum = NULL,
                         method = "shift_share") {
  chosen <- eval(substitute(rows), panel, parent.frame())
  data <- panel[!is.na(chosen) & chosen, ]
  data <- data[rowSums(!is.finite(as.matrix(data[c(column, density, instrument, controls)]))) == 0, ]
  data <- repeated(data, effects)
  cluster <- as.integer(factor(data$unit_id))
  shares <- if (!is.null(share_sum)) outer(data$year, sort(unique(data$year)), "==") * data[[share_sum]]
  x <- cbind(as.matrix(data[controls]), shares)
  design <- design_of(x, codes_of(data, effects), cluster, rep(1, nrow(data)))
  parts <- as.matrix(data[c(column, density, instrument)])
  if (!is.null(design$absorbed)) parts <- demeaned(parts, design$absorbed, rep(1, nrow(data)))
  parts <- parts - design$q %*% crossprod(design$q, parts)
  y <- parts[, 1]; d <- parts[, 2]; z <- parts[, 3]
  g <- max(cluster); n <- nrow(data)
  factor <- g / (g - 1) * (n - 1) / (n - design$k - 1)
  scores <- function(e) sum(rowsum(z * e, cluster)^2)
  b <- sum(z * y) / sum(z * d)
  first <- sum(z * d) / sum(z^2)
  reduced <- sum(z * y) / sum(z^2)
  values <- c(ols = sum(d * y) / sum(d^2), estimate = b, se_cv1 = sqrt(factor * scores(y - b * d)) / abs(sum(z * d)), first_stage = first,
              first_stage_f = first^2 * sum(z^2)^2 / (factor * scores(d - first * z)),
              kp_lm_p = pchisq(sum(z * d)^2 / scores(d), 1, lower.tail = FALSE),
              ar_p = pf(reduced^2 * sum(z^2)^2 / (factor * scores(y - reduced * z)), 1, g - 1, lower.tail = FALSE))
  for (name in names(values)) {
    key <- list(spec = spec, sample = sample, outcome = outcome, method = method, quantity = name)
    quantity <- if (method == "shift_share") name else paste(method, name)
    add_results("endogeneity", spec, sample, outcome, "density", quantity, values[[name]], published_of(endogeneity, key, "value"))
  }
  cat(sprintf("\n%s, %s, %s: instrumented (N = %d, G = %d)\n", spec, sample, outcome, n, g))
  print(values, digits = 8)
}

# Firms around their first recognition: a dummy for every event time but -1, effects of firms and of unit x year.
event_study <- function(outcome, column, window) {
  data <- firms[is.finite(firms[[column]]), ]
  start <- ave(data$year, data$firm_id, FUN = min)
  data <- data[is.na(data$first) | data$first > start, ] # treated from the first year seen: no base
  time <- data$year - data$first
  base <- c(-1, if (!anyNA(time)) min(time))
  times <- setdiff(sort(unique(time[!is.na(time)])), base)
  dummies <- outer(time, times, function(a, b) !is.na(a) & a == b) + 0
  columns <- cbind(data[[column]], !is.na(time) & time >= 0, dummies)
  firm <- as.integer(factor(data$firm_id)); cell <- as.integer(factor(data$cell_id)); one <- rep(1, nrow(data))
  repeat {
    before <- columns
    columns <- demeaned(demeaned(columns, firm, one), cell, one)
    if (max(abs(columns - before)) < 1e-13 * max(abs(columns))) break
  }
  g <- max(firm); n <- nrow(data)
  estimates <- function(y, x) {
    b <- qr.coef(qr(x, tol = 1e-9), y)
    bread <- chol2inv(qr.R(qr(x)))
    factor <- g / (g - 1) * (n - 1) / (n - ncol(x) - max(cell))
    list(b = b, v = factor * bread %*% crossprod(rowsum(x * drop(y - x %*% b), firm)) %*% bread)
  }
  static <- estimates(columns[, 1], columns[, 2, drop = FALSE])
  dynamic <- estimates(columns[, 1], columns[, -(1:2), drop = FALSE])
  leads <- which(times >= window[1] & times < 0)
  add <- function(quantity, time, estimate, se = NA) {
    key <- list(outcome = outcome, estimator = "twfe", quantity = quantity, time = time)
    known <- function(name) published_of(events, key, name)
    add_results("event_study", "twfe", "", outcome, paste(quantity, if (!is.na(time)) time else ""), "estimate", estimate, known("estimate"))
    if (!is.na(se)) add_results("event_study", "twfe", "", outcome, paste(quantity, if (!is.na(time)) time else ""), "se", se, known("se"))
    cat(sprintf("%-24s%-12s%5s%15.8g%13.6g\n", outcome, quantity, if (is.na(time)) "" else time, estimate, se))
  }
  cat(sprintf("\nevent study (N = %d, %d firms)\n", n, g))
  for (k in which(times >= window[1] & times <= window[2])) add("effect", times[k], dynamic$b[k], sqrt(dynamic$v[k, k]))
  add("overall", NA, static$b, sqrt(static$v[1, 1]))
  f <- sum(dynamic$b[leads] * solve(dynamic$v[leads, leads], dynamic$b[leads])) / length(leads)
  if (length(leads) > 0) add("pre_trend_f", NA, f)
}

# The same numbers by packages, where they are installed.
packages <- function(spec, sample, outcome, column, terms, effects, rows = used == 1) {
  chosen <- eval(substitute(rows), panel, parent.frame())
  data <- panel[!is.na(chosen) & chosen, ]
  data <- data[rowSums(!is.finite(as.matrix(data[c(column, terms)]))) == 0, ]
  data <- repeated(data, effects)
  right <- c(terms, sprintf("factor(%s)", gsub("#", ", ", sub("^(.*#.*)$", "interaction(\\1)", effects))))
  model <- lm(reformulate(right, column), data)
  g <- length(unique(data$unit_id))
  outside <- effects[!vapply(effects, function(e) nested(do.call(paste, data[strsplit(e, "#")[[1]]]), data$unit_id), TRUE)]
  k <- length(terms) + 1 + sum(vapply(outside, function(e) nrow(unique(data[strsplit(e, "#")[[1]]])) - 1, 0))
  add <- function(package, name, value) {
    key <- list(spec = spec, sample = sample, outcome = outcome, term = "density")
    add_results(package, spec, sample, outcome, "density", name, value, published_of(regressions, key, name))
  }
  density <- terms[[1]]
  add("stats", "estimate", coef(model)[[density]])
  if (requireNamespace("sandwich", quietly = TRUE)) {
    v <- sandwich::vcovCL(model, cluster = data$unit_id, type = "HC0", cadj = FALSE) * g / (g - 1) * (nrow(data) - 1) / (nrow(data) - k)
    add("sandwich", "se_cv1", sqrt(v[density, density]))
    if (requireNamespace("lmtest", quietly = TRUE)) {
      cat(sprintf("\n%s, %s, %s: lmtest, CV1, t(G - 1)\n", spec, sample, outcome))
      print(lmtest::coeftest(model, v, df = g - 1)[terms, , drop = FALSE], digits = 8)
      add("lmtest", "p_cv1", lmtest::coeftest(model, v, df = g - 1)[density, 4])
    }
  }
  if (requireNamespace("clubSandwich", quietly = TRUE)) {
    # means of units out first: with their dummies a unit's leverage is 1, which CR3 cannot invert
    parts <- as.matrix(model.matrix(model)[, !is.na(coef(model))])
    unit <- as.integer(factor(data$unit_id))
    if ("unit_id" %in% effects) parts <- demeaned(parts, unit, rep(1, nrow(data)))
    parts <- parts[, !grepl("unit_id", colnames(parts)) & sqrt(colSums(parts^2)) > 1e-9]
    y <- data[[column]]
    y <- if ("unit_id" %in% effects) drop(demeaned(matrix(y), unit, rep(1, nrow(data)))) else y
    within <- lm(y ~ 0 + parts)
    v <- clubSandwich::vcovCR(within, cluster = unit, type = "CR3") * (g - 1) / g
    add("clubSandwich", "se_cv3", sqrt(diag(as.matrix(v))[paste0("parts", density)]))
  }
  if (requireNamespace("fixest", quietly = TRUE)) {
    formula <- paste(column, "~", paste(terms, collapse = " + "), if (length(effects) > 0) paste("|", paste(gsub("#", "^", effects), collapse = " + ")))
    model <- fixest::feols(as.formula(formula), data = data, vcov = ~unit_id, notes = FALSE)
    add("fixest", "estimate", coef(model)[[density]])
    add("fixest", "se_cv1", fixest::se(model)[[density]])
  }
}

stata_file <- function() {
  path <- file.path(folder, "..", "stata", "panel.dta")
  if (!requireNamespace("haven", quietly = TRUE) || !file.exists(path)) return(invisible())
  stata <- haven::read_dta(readBin(path, "raw", file.size(path))) # its own reader of paths fails in the locale C
  for (name in intersect(names(stata), names(panel)[vapply(panel, is.numeric, TRUE)])) {
    gap <- abs(as.numeric(stata[[name]]) - panel[[name]]) / max(1, abs(panel[[name]]), na.rm = TRUE)
    gap[is.na(stata[[name]]) != is.na(panel[[name]])] <- Inf
    add_results("haven", "", "", name, "", "panel.dta against panel.csv", max(0, gap, na.rm = TRUE), 0)
  }
}

report <- function() {
  if (length(results) == 0) return(cat("This run has no regressions to compare.\n"))
  all <- do.call(rbind, results)
  all$difference <- abs(all$value - all$published) / ifelse(all$published == 0 | all$quantity %in% c("p_wild", "p_cv1"), 1, abs(all$published))
  compared <- all[!is.na(all$published), ]
  cat("\nCompared with the published tables (relative; p in absolute terms):\n")
  compared$about <- paste0(compared$quantity, ifelse(compared$tolerance > 1e-8, ", own draws", ""))
  kinds <- paste(compared$table, compared$about)
  for (part in split(compared, factor(kinds, unique(kinds))))
    cat(sprintf("  %-14s%-34s%6d values, largest difference %.1e\n", part$table[1], part$about[1], nrow(part), max(part$difference)))
  output <- commandArgs(TRUE)
  if (length(output) > 0) write.csv(all, output[1], row.names = FALSE, na = "")
  beyond <- compared[compared$difference > pmax(compared$tolerance, 1e-6), ]
  if (nrow(beyond) > 0) {
    print(beyond, row.names = FALSE)
    stop(nrow(beyond), " values differ from the published ones")
  }
}
